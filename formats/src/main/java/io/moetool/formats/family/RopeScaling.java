package io.moetool.formats.family;

/** How rotation frequencies are changed so that a model reaches longer sequences. */
public sealed interface RopeScaling {
  /** Frequencies as they are. */
  record None() implements RopeScaling {}

  /** Positions are divided by {@code factor}. */
  record Linear(double factor) implements RopeScaling {}

  /**
   * High frequencies stay, low ones are divided by {@code factor}, with a ramp between (arXiv
   * 2309.00071).
   *
   * @param factor how much longer sequences become
   * @param original positions the model was first trained for
   * @param betaFast rotations within {@code original} above which a frequency stays
   * @param betaSlow rotations below which it is divided
   * @param truncate whether the ramp's ends are rounded to whole dimensions
   * @param attentionFactor factor on cosines and sines
   */
  record Yarn(
      double factor,
      int original,
      double betaFast,
      double betaSlow,
      boolean truncate,
      double attentionFactor)
      implements RopeScaling {}

  /**
   * Banded by wavelength, as Llama 3.1 does.
   *
   * @param factor divides frequencies whose wavelength exceeds {@code original / lowFactor}
   * @param lowFactor end of the band that is divided
   * @param highFactor wavelengths below {@code original / highFactor} stay
   * @param original positions the model was first trained for
   */
  record Llama3(double factor, double lowFactor, double highFactor, int original)
      implements RopeScaling {}

  /** Theta grows with {@code alpha^(d / (d - 2))}, d the rotary dimension. */
  record Alpha(double alpha) implements RopeScaling {}
}
