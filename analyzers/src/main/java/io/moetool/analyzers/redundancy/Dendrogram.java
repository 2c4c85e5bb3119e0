package io.moetool.analyzers.redundancy;

import io.moetool.analyzers.saliency.LayerMeasurements;
import io.moetool.analyzers.statistics.LayerSample;
import io.moetool.analyzers.statistics.LayerStatistics;
import io.moetool.analyzers.statistics.MatrixStatistic;
import io.moetool.analyzers.statistics.SumMatrix;
import io.moetool.kernels.HierarchicalClustering;
import io.moetool.kernels.HierarchicalClustering.Linkage;
import java.util.List;

/**
 * The experts of a layer joined by average linkage, nearest first.
 *
 * @param measure what distances are 1 minus the cosine of: {@code outputs} for the same token, over
 *     a sample; otherwise {@code routerLogits} over all tokens; otherwise {@code routerRows}
 * @param joins in order; E - 1 of them
 */
public record Dendrogram(String measure, List<Join> joins) {
  public Dendrogram {
    joins = List.copyOf(joins);
  }

  /**
   * Two groups that become one, named by their lowest experts.
   *
   * @param first the lower one, which names the joined group
   * @param second the other
   * @param distance mean distance of their members
   */
  public record Join(int first, int second, double distance) {}

  static Dendrogram of(LayerMeasurements layer) {
    if (layer.sampled().isPresent()) {
      LayerSample sample = layer.sampled().get();
      return joined("outputs", layer.experts(), sample::meanDistance);
    }
    if (layer.routed().isPresent()) {
      LayerStatistics routed = layer.routed().get();
      SumMatrix logits = routed.matrix(MatrixStatistic.ZGRAM);
      return joined("routerLogits", layer.experts(), (i, j) -> 1 - logits.cosine(i, j));
    }
    SumMatrix rows = layer.requireWeights().routerGram();
    return joined("routerRows", layer.experts(), (i, j) -> 1 - rows.cosine(i, j));
  }

  private static Dendrogram joined(String measure, int experts, SumMatrix.PairValue distance) {
    double[][] distances = new double[experts][experts];
    for (int i = 0; i < experts; i++) {
      for (int j = i + 1; j < experts; j++) {
        distances[i][j] = distance.of(i, j);
        distances[j][i] = distances[i][j];
      }
    }
    return new Dendrogram(
        measure,
        HierarchicalClustering.joins(distances, Linkage.AVERAGE).stream()
            .map(join -> new Join(join.first(), join.second(), join.height()))
            .toList());
  }
}
