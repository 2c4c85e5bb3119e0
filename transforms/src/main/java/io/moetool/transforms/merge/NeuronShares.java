package io.moetool.transforms.merge;

import io.moetool.transforms.layout.NeuronOrder;
import io.moetool.transforms.plan.MergeGroup;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What each member has in a tensor of the expert that a group becomes. In a first projection a
 * neuron is the weighted mean of all neurons that were matched with it, however many; in the last,
 * where all their activations have become one, it is the weighted sum of theirs.
 */
final class NeuronShares {
  private final NeuronOrder order;
  private final boolean means;
  private final MergeGroup group;
  private final List<int[][]> matched;

  /**
   * Shares in a tensor.
   *
   * @param means whether it is of a first projection
   * @param matched by member and by neuron of the leader, the member's neurons
   */
  NeuronShares(NeuronOrder order, boolean means, MergeGroup group, List<int[][]> matched) {
    this.order = order;
    this.means = means;
    this.group = group;
    this.matched = matched;
  }

  /** Those of a member. */
  WeightedMean.Shares of(int member) {
    double weight = group.weights().get(member);
    return new WeightedMean.Shares() {
      @Override
      public int[] places(int index) {
        if (order.side() == NeuronOrder.Side.NONE) {
          return new int[] {index};
        }
        int[] neurons = matched.get(member)[order.neuron(index)];
        return IntStream.of(neurons).map(n -> order.index(n, order.part(index))).toArray();
      }

      @Override
      public double weight(int index) {
        return means && order.side() != NeuronOrder.Side.NONE
            ? share(weight, order.neuron(index))
            : weight;
      }
    };
  }

  private double share(double weight, int neuron) {
    int count = 0;
    double total = 0;
    boolean onceEach = true;
    for (int i = 0; i < matched.size(); i++) {
      int ofMember = matched.get(i)[neuron].length;
      count += ofMember;
      total += ofMember * group.weights().get(i);
      onceEach &= ofMember == 1;
    }
    if (onceEach) {
      return weight;
    }
    return total > 0 ? weight / total : 1.0 / count;
  }
}
