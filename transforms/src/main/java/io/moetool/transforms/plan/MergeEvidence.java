package io.moetool.transforms.plan;

import io.moetool.analyzers.saliency.LayerMeasurements;
import io.moetool.analyzers.statistics.ExpertStatistic;
import io.moetool.analyzers.statistics.ExpertSums;
import io.moetool.analyzers.statistics.Statistics;
import io.moetool.transforms.group.GroupingMethod;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What groups are made from.
 *
 * @param method how groups are found
 * @param scores what each expert counts among those it is merged with
 * @param layers what was measured, ascending
 */
public record MergeEvidence(
    GroupingMethod method, Evidence scores, List<LayerMeasurements> layers) {
  public MergeEvidence {
    layers = List.copyOf(layers);
  }

  /**
   * What statistics say in the eyes of one method.
   *
   * @param where what the statistics were read from, for messages
   * @param seed what {@code method} draws lots with, if it does
   * @throws io.moetool.formats.BadInputException if what the method needs was not measured
   */
  public static MergeEvidence of(
      String where, Statistics statistics, GroupingMethod method, OptionalLong seed) {
    List<LayerMeasurements> layers = LayerMeasurements.of(statistics);
    Evidence scores =
        new Evidence(
            where,
            statistics.model().fingerprint(),
            method.name(),
            seed,
            Optional.empty(),
            method.needsData()
                ? statistics.routed().map(MeasuredEvidence::source)
                : Optional.empty(),
            layers.stream().map(layer -> scores(method, layer)).toList());
    return new MergeEvidence(method, scores, layers);
  }

  private static LayerEvidence scores(GroupingMethod method, LayerMeasurements layer) {
    double[] scores = method.scores(layer);
    if (!method.needsData()) {
      return LayerEvidence.ofWeights(layer.layer(), scores);
    }
    ExpertSums sums = layer.requireRouted().overall();
    return LayerEvidence.ofData(
        layer.layer(), scores, sums.counts(), sums.toArray(ExpertStatistic.SOFT));
  }
}
