package io.moetool.transforms.validate;

import java.util.SplittableRandom;

/**
 * Whether paired differences add up to more than chance (Fisher, The Design of Experiments, 1935,
 * section 21): were both models alike, every difference could as well have the other sign.
 * Two-sided. All sign flips of few sequences are counted; of more, some are drawn, and the observed
 * signs count as one of them (Phipson and Smyth 2010), so that a p-value is never 0.
 */
final class SignFlipTest {
  static final int EXACT_UP_TO = 16;
  static final int FLIPS = 9999;

  private SignFlipTest() {}

  /** Share of sign flips whose sum is at least as far from 0; 1 where nothing differs. */
  static double pValue(double[] differences) {
    double sum = 0;
    double most = 0;
    for (double difference : differences) {
      sum += difference;
      most += Math.abs(difference);
    }
    // Sums in another order differ in the last bits, and equal ones count.
    double bound = Math.abs(sum) - most * 1e-12;
    return differences.length <= EXACT_UP_TO
        ? exact(differences, bound)
        : drawn(differences, bound);
  }

  private static double exact(double[] differences, double bound) {
    int flips = 1 << differences.length;
    int asFar = 0;
    for (long signs = 0; signs < flips; signs++) {
      asFar += isAsFar(differences, new long[] {signs}, bound);
    }
    return (double) asFar / flips;
  }

  private static double drawn(double[] differences, double bound) {
    SplittableRandom random = new SplittableRandom(Bootstrap.SEED);
    long[] signs = new long[Math.ceilDiv(differences.length, Long.SIZE)];
    int asFar = 1;
    for (int flip = 0; flip < FLIPS; flip++) {
      for (int word = 0; word < signs.length; word++) {
        signs[word] = random.nextLong();
      }
      asFar += isAsFar(differences, signs, bound);
    }
    return asFar / (FLIPS + 1.0);
  }

  private static int isAsFar(double[] differences, long[] signs, double bound) {
    double sum = 0;
    for (int i = 0; i < differences.length; i++) {
      boolean flipped = ((signs[i / Long.SIZE] >>> (i % Long.SIZE)) & 1) == 1;
      sum += flipped ? -differences[i] : differences[i];
    }
    return Math.abs(sum) >= bound ? 1 : 0;
  }
}
