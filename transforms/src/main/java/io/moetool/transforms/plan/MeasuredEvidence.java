package io.moetool.transforms.plan;

import io.moetool.analyzers.saliency.LayerMeasurements;
import io.moetool.analyzers.saliency.SaliencyMethod;
import io.moetool.analyzers.saliency.SaliencyMethod.Needs;
import io.moetool.analyzers.saliency.SaliencyScores;
import io.moetool.analyzers.statistics.ExpertStatistic;
import io.moetool.analyzers.statistics.ExpertSums;
import io.moetool.analyzers.statistics.RoutedStatistics;
import io.moetool.analyzers.statistics.Statistics;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** What statistics say about experts in the eyes of one method. */
public final class MeasuredEvidence {
  private MeasuredEvidence() {}

  /**
   * Scores all experts.
   *
   * @param where what the statistics were read from, for messages
   * @param seed what {@code method} draws lots with, if it does
   * @throws io.moetool.formats.BadInputException if what the method needs was not measured, or a
   *     score is no finite number
   */
  public static Evidence of(
      String where, Statistics statistics, SaliencyMethod method, OptionalLong seed) {
    SaliencyScores scores = SaliencyScores.of(method, statistics);
    boolean fromData = method.needs() == Needs.DATA;
    List<LayerEvidence> layers =
        LayerMeasurements.of(statistics).stream()
            .map(layer -> evidence(layer, scores.layer(layer.layer()), fromData))
            .toList();
    return new Evidence(
        where,
        statistics.model().fingerprint(),
        method.name(),
        seed,
        fromData ? statistics.routed().map(MeasuredEvidence::source) : Optional.empty(),
        layers);
  }

  private static Plan.Statistics source(RoutedStatistics routed) {
    return new Plan.Statistics(routed.data().fingerprint(), routed.data().tokens());
  }

  private static LayerEvidence evidence(
      LayerMeasurements layer, double[] scores, boolean fromData) {
    if (!fromData) {
      return LayerEvidence.ofWeights(layer.layer(), scores);
    }
    ExpertSums sums = layer.requireRouted().overall();
    return LayerEvidence.ofData(
        layer.layer(), scores, sums.counts(), sums.toArray(ExpertStatistic.SOFT));
  }
}
