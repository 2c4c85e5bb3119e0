package io.moetool.transforms.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Divides groups of experts among the layers of a model by how much its experts count there (the
 * budget of M-SMoE, arXiv 2310.01334): of all layers together those experts lead a group that have
 * the largest shares of their layer's scores, so that layers whose experts are used alike keep
 * more.
 *
 * <p>Every layer has a floor, and no fewer than its protected experts and one group more. Of equal
 * shares the earlier layer counts, then the lower index; the published code takes what lies above a
 * threshold, and fewer if several lie on it.
 */
final class GroupCounts {
  private GroupCounts() {}

  private record Leader(int layer, int expert, double share) {}

  /**
   * Groups by layer.
   *
   * @param scores what experts count, none negative
   * @param uniform groups of a layer if all had as many
   * @param floor groups that every layer has at least, no more than {@code uniform}
   */
  static List<Integer> of(Evidence scores, Protection protection, int uniform, int floor) {
    return ofTotal(scores, protection, scores.layers().size() * uniform, floor);
  }

  /** As {@link #of}, for a number of groups of all layers together. */
  static List<Integer> ofTotal(Evidence scores, Protection protection, int total, int floor) {
    int[] counts = new int[scores.layers().size()];
    List<Leader> others = new ArrayList<>();
    for (int i = 0; i < counts.length; i++) {
      LayerEvidence layer = scores.layers().get(i);
      Set<Integer> alone = protection.of(layer.layer()).keySet();
      List<Leader> order = order(i, layer, alone);
      counts[i] = Math.max(floor, alone.size() + (order.isEmpty() ? 0 : 1));
      others.addAll(order.subList(counts[i] - alone.size(), order.size()));
    }
    others.sort(
        Comparator.comparingDouble((Leader leader) -> -leader.share)
            .thenComparingInt(Leader::layer)
            .thenComparingInt(Leader::expert));
    int left = Math.max(0, total - Arrays.stream(counts).sum());
    others.stream().limit(left).forEach(leader -> counts[leader.layer]++);
    return Arrays.stream(counts).boxed().toList();
  }

  private static List<Leader> order(int index, LayerEvidence layer, Set<Integer> alone) {
    double total = IntStream.range(0, layer.experts()).mapToDouble(layer::score).sum();
    return IntStream.range(0, layer.experts())
        .filter(expert -> !alone.contains(expert))
        .mapToObj(expert -> new Leader(index, expert, total > 0 ? layer.score(expert) / total : 0))
        .sorted(
            Comparator.comparingDouble((Leader leader) -> -leader.share)
                .thenComparingInt(Leader::expert))
        .toList();
  }
}
