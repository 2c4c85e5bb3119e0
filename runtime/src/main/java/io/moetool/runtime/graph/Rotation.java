package io.moetool.runtime.graph;

import java.util.Optional;

/**
 * Graph values that hold a rotation's tables.
 *
 * @param cosines {@code [rows, rotaryDim / 2]}
 * @param sines {@code [rows, rotaryDim / 2]}
 * @param longerThan where the tables hold two rotations one below the other: tokens up to which a
 *     sequence uses the first, which has as many rows
 */
record Rotation(String cosines, String sines, Optional<Integer> longerThan) {
  /** One rotation for sequences of any length. */
  static Rotation ofAnyLength(String cosines, String sines) {
    return new Rotation(cosines, sines, Optional.empty());
  }
}
