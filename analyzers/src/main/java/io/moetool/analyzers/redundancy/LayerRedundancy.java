package io.moetool.analyzers.redundancy;

import io.moetool.analyzers.statistics.LayerStatistics;
import io.moetool.analyzers.statistics.LayerWeightStatistics;
import io.moetool.analyzers.statistics.MatrixStatistic;
import java.util.Optional;

/**
 * How alike the experts of one layer are.
 *
 * @param layer index in the model
 * @param routerLogits by the cosine of their router logits over all tokens (MC-SMoE, arXiv
 *     2310.01334); empty without data
 * @param routerRows by the cosine of their rows in the router; empty if weights were not read
 */
public record LayerRedundancy(
    int layer, Optional<ExpertSimilarity> routerLogits, Optional<ExpertSimilarity> routerRows) {

  /** Compares the experts of a layer. */
  public static LayerRedundancy of(
      int layer, Optional<LayerStatistics> routed, Optional<LayerWeightStatistics> weights) {
    return new LayerRedundancy(
        layer,
        routed.map(sums -> ExpertSimilarity.ofCosines(sums.matrix(MatrixStatistic.ZGRAM))),
        weights.map(sums -> ExpertSimilarity.ofCosines(sums.routerGram())));
  }
}
