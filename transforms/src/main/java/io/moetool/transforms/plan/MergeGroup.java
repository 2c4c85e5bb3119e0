package io.moetool.transforms.plan;

import java.util.List;

/**
 * Experts of one layer that become one.
 *
 * @param leader the expert in whose order of neurons, and under whose number, the others join;
 *     among {@code experts}
 * @param experts all of them, ascending
 * @param weights what each is multiplied by, in the same order; they add up to 1
 */
public record MergeGroup(int leader, List<Integer> experts, List<Double> weights) {
  public MergeGroup {
    experts = List.copyOf(experts);
    weights = List.copyOf(weights);
  }

  /**
   * Experts weighted in proportion to scores; equally if all scores are 0.
   *
   * @param experts ascending
   * @param scores by expert of the layer, none negative
   */
  public static MergeGroup of(int leader, List<Integer> experts, double[] scores) {
    double total = experts.stream().mapToDouble(expert -> scores[expert]).sum();
    return new MergeGroup(
        leader,
        experts,
        experts.stream()
            .map(expert -> total > 0 ? scores[expert] / total : 1.0 / experts.size())
            .toList());
  }
}
