package io.moetool.analyzers.saliency;

import io.moetool.formats.BadInputException;

/** A criterion that gives every expert of a layer a score. */
public interface SaliencyMethod {

  /** What has to be measured before a method can score. */
  enum Needs {
    /** A pass over calibration data. */
    DATA,
    /** The weights alone. */
    WEIGHTS,
    /** The weights, and the routers of the checkpoint that the model was trained from. */
    BASE,
    /** Nothing. */
    NOTHING
  }

  /** Name on the command line and in files. */
  String name();

  /** One line for people. */
  String description();

  /** Where the method comes from. */
  String source();

  /** What has to be measured. */
  Needs needs();

  /** Whether every expert must have been run on a sample of the data's tokens. */
  default boolean needsSample() {
    return false;
  }

  /**
   * Scores of one layer, {@code [E]}; higher means worth keeping. Not comparable between layers
   * unless the method says so.
   *
   * @throws BadInputException if what the method needs was not measured
   */
  double[] score(LayerMeasurements layer);
}
