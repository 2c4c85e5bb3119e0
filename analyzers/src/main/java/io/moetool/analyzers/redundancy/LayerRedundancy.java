package io.moetool.analyzers.redundancy;

import io.moetool.analyzers.saliency.LayerMeasurements;
import io.moetool.analyzers.statistics.LayerSample;
import io.moetool.analyzers.statistics.LayerStatistics;
import io.moetool.analyzers.statistics.LayerWeightStatistics;
import io.moetool.analyzers.statistics.MatrixStatistic;
import io.moetool.analyzers.statistics.SampleStatistic;
import io.moetool.analyzers.statistics.SumMatrix;
import java.util.List;
import java.util.Optional;

/**
 * How alike the experts of one layer are.
 *
 * @param layer index in the model
 * @param routerLogits by the cosine of their router logits over all tokens (MC-SMoE, arXiv
 *     2310.01334); empty without data
 * @param routerRows by the cosine of their rows in the router; empty if weights were not read
 * @param weights by the cosine of all their weights as one vector, neurons in the order they are
 *     stored in, so that experts which differ by an order of neurons count as different; empty if
 *     weights were not read
 * @param outputMeans by the cosine of their mean outputs over a sample of tokens (HC-SMoE, arXiv
 *     2410.08589); empty without a sample
 * @param outputs by the mean cosine of their outputs for the same token; empty without a sample
 * @param cka by linear CKA of their outputs; empty without a sample, or if samples were added
 * @param dendrogram experts joined by average linkage of the best measure there is
 * @param mergingCost share of the experts' output energy that is lost if the groups which the
 *     dendrogram leaves yield their weighted mean outputs, by number of joins from none on; empty
 *     without a sample. Weights are the coefficients that experts received. Merged weights can at
 *     best come close to mean outputs, so it is an estimate from below for the tokens' routed sums
 *     where errors of a token's experts do not cancel.
 */
public record LayerRedundancy(
    int layer,
    Optional<ExpertSimilarity> routerLogits,
    Optional<ExpertSimilarity> routerRows,
    Optional<ExpertSimilarity> weights,
    Optional<ExpertSimilarity> outputMeans,
    Optional<ExpertSimilarity> outputs,
    Optional<ExpertSimilarity> cka,
    Dendrogram dendrogram,
    Optional<List<Double>> mergingCost) {
  public LayerRedundancy {
    mergingCost = mergingCost.map(List::copyOf);
  }

  /** Compares the experts of a layer of which something was measured. */
  public static LayerRedundancy of(LayerMeasurements layer) {
    Optional<LayerStatistics> routed = layer.routed();
    Optional<LayerWeightStatistics> weights = layer.weights();
    Optional<LayerSample> sampled = layer.sampled();
    Dendrogram dendrogram = Dendrogram.of(layer);
    return new LayerRedundancy(
        layer.layer(),
        routed.map(sums -> ExpertSimilarity.ofCosines(sums.matrix(MatrixStatistic.ZGRAM))),
        weights.map(sums -> ExpertSimilarity.ofCosines(sums.routerGram())),
        weights.map(sums -> ExpertSimilarity.ofCosines(sums.weightGram())),
        sampled
            .map(sample -> sample.matrix(SampleStatistic.CA))
            .map(means -> ExpertSimilarity.of(means, means::cosineOfRows)),
        sampled.map(LayerRedundancy::outputs),
        sampled.flatMap(LayerSample::cka).map(cka -> ExpertSimilarity.of(cka, cka::get)),
        dendrogram,
        sampled.map(sample -> MergingCost.along(dendrogram, sample, layer.requireRouted())));
  }

  private static ExpertSimilarity outputs(LayerSample sample) {
    SumMatrix distances = sample.matrix(SampleStatistic.COSD);
    return ExpertSimilarity.of(distances, (i, j) -> 1 - sample.meanDistance(i, j));
  }
}
