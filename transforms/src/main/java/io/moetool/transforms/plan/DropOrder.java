package io.moetool.transforms.plan;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The order in which experts of a layer go. It is total, so the same evidence gives the same choice
 * everywhere, and every choice contains the choices that drop more.
 *
 * <p>The lowest score goes first. Of equal scores, experts that no token chose go first, among them
 * the one with the smaller soft count; what is still equal goes by index, the higher one first.
 * Soft counts are floating-point sums and therefore break no tie between experts that were chosen.
 */
final class DropOrder {
  private DropOrder() {}

  /** All experts, the first to go first. */
  static List<Integer> of(LayerEvidence layer) {
    return IntStream.range(0, layer.experts()).boxed().sorted(comparator(layer)).toList();
  }

  private static Comparator<Integer> comparator(LayerEvidence layer) {
    return Comparator.comparingDouble((Integer expert) -> positiveZero(layer.score(expert)))
        .thenComparing(expert -> !layer.isUnused(expert))
        .thenComparingDouble(
            expert -> layer.isUnused(expert) ? positiveZero(layer.softCount(expert)) : 0)
        .thenComparing(Comparator.reverseOrder());
  }

  /** Negative zero is no lower score than zero. */
  private static double positiveZero(double score) {
    return score + 0.0;
  }
}
