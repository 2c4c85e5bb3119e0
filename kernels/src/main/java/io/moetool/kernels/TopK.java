package io.moetool.kernels;

/**
 * The largest elements of a short row, in descending order; among equals the lower index comes
 * first.
 */
public final class TopK {
  private TopK() {}

  /**
   * Writes the indices of the {@code k} largest elements to {@code indices[0..k)}.
   *
   * @param values no NaN, which has no place in the order
   * @param k at most {@code values.length}
   * @param indices [k] or longer
   */
  public static void select(float[] values, int k, int[] indices) {
    if (k < 0 || k > values.length) {
      throw new IllegalArgumentException("top %d of %d values".formatted(k, values.length));
    }
    int found = 0;
    for (int index = 0; index < values.length; index++) {
      int place = found;
      while (place > 0 && values[index] > values[indices[place - 1]]) {
        place--;
      }
      if (place < k) {
        found = Math.min(found + 1, k);
        System.arraycopy(indices, place, indices, place + 1, found - 1 - place);
        indices[place] = index;
      }
    }
  }
}
