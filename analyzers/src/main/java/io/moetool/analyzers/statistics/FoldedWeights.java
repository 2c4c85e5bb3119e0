package io.moetool.analyzers.statistics;

/**
 * A long vector in few numbers that keep inner products: it is cut into stretches of 65,536, and
 * these are added up with a sign each that was drawn by lot, the same for all vectors. Products of
 * different stretches cancel but for an error of about 1/256 of the vectors' lengths (a form of
 * count sketch; Charikar, Chen and Farach-Colton, 2002). One stretch is kept as it is.
 */
final class FoldedWeights {
  static final int LENGTH = 1 << 16;

  private static final long LOT = 0x9E3779B97F4A7C15L;

  private final float[] sums = new float[LENGTH];
  private long position;

  /** Goes on with the next entries. */
  void add(float[] values, int length) {
    int done = 0;
    while (done < length) {
      int place = (int) (position % LENGTH);
      int run = Math.min(length - done, LENGTH - place);
      float sign = sign(position / LENGTH);
      for (int i = 0; i < run; i++) {
        sums[place + i] += sign * values[done + i];
      }
      done += run;
      position += run;
    }
  }

  /** The first is kept as it is; the bits of the others are mixed as in SplitMix64. */
  private static float sign(long stretch) {
    long bits = stretch * LOT;
    bits = (bits ^ bits >>> 30) * 0xBF58476D1CE4E5B9L;
    bits = (bits ^ bits >>> 27) * 0x94D049BB133111EBL;
    return stretch == 0 || bits >= 0 ? 1 : -1;
  }

  /** The sums, not to be changed. */
  float[] toArray() {
    return sums;
  }
}
