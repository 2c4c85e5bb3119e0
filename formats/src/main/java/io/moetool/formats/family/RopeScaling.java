package io.moetool.formats.family;

import java.util.List;

/** How rotation frequencies are changed so that a model reaches longer sequences. */
public sealed interface RopeScaling {
  /** Factor on cosines and sines. */
  default double attentionFactor() {
    return 1;
  }

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

  /**
   * Every pair's frequency is divided by a factor of its own.
   *
   * @param factors one a pair
   * @param attentionFactor factor on cosines and sines
   */
  record PerPair(List<Double> factors, double attentionFactor) implements RopeScaling {
    public PerPair {
      factors = List.copyOf(factors);
    }
  }

  /**
   * One scaling for sequences as long as the model was first trained for, another for longer ones
   * (arXiv 2402.13753). A long sequence is rotated by the second from its first token on, so that
   * keys kept from a short one are of no use to it.
   *
   * @param original tokens of the longest sequence that counts as short
   * @param upTo scaling of sequences up to that length
   * @param beyond scaling of longer ones
   */
  record LongRope(int original, PerPair upTo, PerPair beyond) implements RopeScaling {
    @Override
    public double attentionFactor() {
      throw new IllegalStateException("which factor depends on the length of a sequence");
    }
  }
}
