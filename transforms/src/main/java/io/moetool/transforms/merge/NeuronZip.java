package io.moetool.transforms.merge;

import io.moetool.kernels.FloatMatrix;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Joins the neurons of several experts, within one as across them, until as few are left as one
 * expert has (ZipIt, arXiv 2305.03053, as HC-SMoE uses it): the most correlated two become one,
 * again and again. What two have in common with a third is then the lower of both correlations, a
 * tenth of it where it is positive, so that neurons are joined that have not been before as long as
 * there are any alike.
 *
 * <p>Of equal correlations the one of the lowest two indices counts. The published code lowers
 * negative correlations by the same factor, which raises them; here they stay.
 */
final class NeuronZip {
  private static final float JOINED_BEFORE = 0.1f;

  private final FloatMatrix correlations;
  private final int size;
  private final BitSet alive;
  private final List<List<Integer>> joined = new ArrayList<>();

  /** By neuron, the later one that correlates most with it; itself if there is none. */
  private final int[] nearest;

  private NeuronZip(FloatMatrix correlations) {
    this.correlations = correlations;
    this.size = correlations.rows();
    this.alive = new BitSet(size);
    this.nearest = new int[size];
    alive.set(0, size);
    for (int i = 0; i < size; i++) {
      joined.add(new ArrayList<>(List.of(i)));
    }
    IntStream.range(0, size).forEach(this::findNearest);
  }

  /**
   * Neurons that become one, ascending, by their lowest.
   *
   * @param correlations symmetric, {@code [N, N]}; overwritten
   * @param count how many are left, from 1 to N
   */
  static int[][] groups(FloatMatrix correlations, int count) {
    NeuronZip zip = new NeuronZip(correlations);
    for (int left = zip.size; left > count; left--) {
      zip.join();
    }
    return zip.alive.stream()
        .mapToObj(i -> zip.joined.get(i).stream().mapToInt(n -> n).sorted().toArray())
        .toArray(int[][]::new);
  }

  private void join() {
    int first = -1;
    for (int i = alive.nextSetBit(0); i >= 0; i = alive.nextSetBit(i + 1)) {
      if (nearest[i] != i && (first < 0 || toNearest(i) > toNearest(first))) {
        first = i;
      }
    }
    int second = nearest[first];
    joined.get(first).addAll(joined.get(second));
    alive.clear(second);
    for (int other = alive.nextSetBit(0); other >= 0; other = alive.nextSetBit(other + 1)) {
      if (other != first) {
        float lower = Math.min(correlations.get(first, other), correlations.get(second, other));
        float left = lower > 0 ? JOINED_BEFORE * lower : lower;
        correlations.set(first, other, left);
        correlations.set(other, first, left);
      }
    }
    for (int other = alive.nextSetBit(0); other >= 0; other = alive.nextSetBit(other + 1)) {
      if (other == first || nearest[other] == first || nearest[other] == second) {
        findNearest(other);
      }
    }
  }

  private float toNearest(int neuron) {
    return correlations.get(neuron, nearest[neuron]);
  }

  private void findNearest(int neuron) {
    int best = neuron;
    for (int other = alive.nextSetBit(neuron + 1);
        other >= 0;
        other = alive.nextSetBit(other + 1)) {
      if (best == neuron || correlations.get(neuron, other) > correlations.get(neuron, best)) {
        best = other;
      }
    }
    nearest[neuron] = best;
  }
}
