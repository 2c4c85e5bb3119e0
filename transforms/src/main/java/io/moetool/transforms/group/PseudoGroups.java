package io.moetool.transforms.group;

import io.moetool.analyzers.saliency.LayerMeasurements;
import io.moetool.analyzers.statistics.ExpertStatistic;
import io.moetool.analyzers.statistics.ExpertSums;
import io.moetool.analyzers.statistics.MatrixStatistic;
import io.moetool.analyzers.statistics.SampleStatistic;
import io.moetool.analyzers.statistics.SumMatrix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * REAM (arXiv 2604.04356): the experts with the highest saliency lead; from the most salient one
 * on, each leader takes in the nearest experts that are left until its group is full. So a few
 * groups are large, and most leaders keep their weights. Saliency is REAP's, distance one minus the
 * mean of two similarities: of gated mean outputs over all tokens of a sample, and of router logits
 * over all tokens.
 *
 * <p>Unlike the published code, saliency multiplies by the gate once and with the model's own
 * coefficients, the router's own scores gate the outputs, tokens count alike whatever their batch,
 * and the experts of a layer are compared on the same tokens. Layers are merged independently (the
 * published method measures each layer after those before it were merged), and neurons are matched
 * by weights alone.
 */
final class PseudoGroups implements GroupingMethod {
  /** Most members of a group, its leader among them. */
  private static final int CAPACITY = 16;

  private static final double HALF = 0.5;

  @Override
  public String name() {
    return "ream";
  }

  @Override
  public String description() {
    return "the most salient experts lead and in turn take in the nearest others, up to %d a group"
        .formatted(CAPACITY);
  }

  @Override
  public String source() {
    return "REAM, arXiv 2604.04356";
  }

  @Override
  public boolean needsData() {
    return true;
  }

  @Override
  public boolean needsSample() {
    return true;
  }

  /** Mean norm of what an expert adds; experts that no token chose count half of the least. */
  @Override
  public double[] scores(LayerMeasurements layer) {
    ExpertSums sums = layer.requireRouted().overall();
    double[] scores = sums.mean(ExpertStatistic.R1);
    double smallest = Arrays.stream(scores).filter(score -> score > 0).min().orElse(HALF);
    return Arrays.stream(scores)
        .map(score -> score > 0 ? score : Math.min(HALF, smallest))
        .toArray();
  }

  @Override
  public List<List<Integer>> groups(LayerMeasurements layer, List<Integer> candidates, int count) {
    SumMatrix outputs = layer.requireSample().matrix(SampleStatistic.GCA);
    SumMatrix logits = layer.requireRouted().matrix(MatrixStatistic.ZGRAM);
    double farthest = 0;
    for (int a : candidates) {
      for (int b : candidates) {
        farthest = Math.max(farthest, direction(logits, a, b));
      }
    }
    double scale = farthest == 0 ? 1 : farthest;
    int capacity = Math.max(CAPACITY, Math.ceilDiv(candidates.size(), count));
    return filled(
        Leaders.order(candidates, scores(layer)),
        count,
        capacity,
        (a, b) ->
            1 - ((cosineOfRows(outputs, a, b) + 1) / 2 + 1 - direction(logits, a, b) / scale) / 2);
  }

  /** Distance of two experts. */
  @FunctionalInterface
  interface Distance {
    double between(int expert, int other);
  }

  /**
   * Groups in the order of their leaders; each takes in the nearest that are left until it is full.
   */
  static List<List<Integer>> filled(
      List<Integer> order, int count, int capacity, Distance distance) {
    List<List<Integer>> groups = new ArrayList<>();
    List<Integer> left = new ArrayList<>(order.subList(count, order.size()));
    for (int leader : order.subList(0, count)) {
      List<Integer> group = new ArrayList<>(List.of(leader));
      List<Integer> nearest =
          left.stream()
              .sorted(
                  Comparator.comparingDouble((Integer expert) -> distance.between(leader, expert))
                      .thenComparing(Comparator.naturalOrder()))
              .limit(capacity - 1L)
              .toList();
      group.addAll(nearest);
      left.removeAll(nearest);
      groups.add(group);
    }
    return groups;
  }

  /** Euclidean distance of two columns of logits of length 1. */
  private static double direction(SumMatrix logits, int a, int b) {
    return a == b ? 0 : Math.sqrt(Math.max(0, 2 - 2 * logits.cosine(a, b)));
  }

  private static double cosineOfRows(SumMatrix rows, int a, int b) {
    double product = 0;
    double ofA = 0;
    double ofB = 0;
    for (int column = 0; column < rows.columns(); column++) {
      product += rows.get(a, column) * rows.get(b, column);
      ofA += rows.get(a, column) * rows.get(a, column);
      ofB += rows.get(b, column) * rows.get(b, column);
    }
    double lengths = Math.sqrt(ofA) * Math.sqrt(ofB);
    return lengths == 0 ? 0 : product / lengths;
  }
}
