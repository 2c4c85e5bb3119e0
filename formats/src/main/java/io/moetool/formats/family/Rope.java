package io.moetool.formats.family;

/**
 * Rotary position embedding.
 *
 * @param layout which dimensions of a head form a pair
 * @param theta base of the frequencies
 * @param rotaryDim leading dimensions of a head that rotate; the others pass through
 * @param scaling what is done to reach longer sequences
 */
public record Rope(Layout layout, double theta, int rotaryDim, RopeScaling scaling) {
  /** Number of angles per position: one a pair of dimensions. */
  public int angles() {
    return rotaryDim / 2;
  }

  /** The rotation of a sequence of so many tokens, where the length decides. */
  public Rope forLength(int tokens) {
    return scaling
            instanceof RopeScaling.LongRope(int original, RopeScaling upTo, RopeScaling beyond)
        ? new Rope(layout, theta, rotaryDim, tokens <= original ? upTo : beyond)
        : this;
  }

  /** Which dimensions form a pair. */
  public enum Layout {
    /** {@code (i, i + rotaryDim / 2)}. */
    HALF,
    /** {@code (2i, 2i + 1)}. */
    INTERLEAVED
  }
}
