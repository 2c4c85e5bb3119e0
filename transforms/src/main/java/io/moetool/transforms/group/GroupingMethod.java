package io.moetool.transforms.group;

import io.moetool.analyzers.saliency.LayerMeasurements;
import java.util.List;

/** A way to find experts of a layer that can become one. */
public interface GroupingMethod {
  /** Name on the command line and in files. */
  String name();

  /** One line for people. */
  String description();

  /** Where the method comes from. */
  String source();

  /** Whether a pass over calibration data is needed. */
  boolean needsData();

  /** Whether every expert must have been run on a sample of the data's tokens. */
  default boolean needsSample() {
    return false;
  }

  /** Whether statistics of the weights are needed. */
  default boolean needsWeights() {
    return false;
  }

  /**
   * How much each expert counts among those it is merged with, {@code [E]}, none negative.
   *
   * @throws io.moetool.formats.BadInputException if what the method needs was not measured
   */
  double[] scores(LayerMeasurements layer);

  /**
   * Divides experts into groups, each with its leader first.
   *
   * @param candidates experts to divide, ascending
   * @param count number of groups, from 1 to the number of candidates
   * @throws io.moetool.formats.BadInputException if what the method needs was not measured
   */
  List<List<Integer>> groups(LayerMeasurements layer, List<Integer> candidates, int count);
}
