package io.moetool.cli;

import io.moetool.analyzers.saliency.SaliencyMethod;
import io.moetool.analyzers.saliency.SaliencyScores;
import io.moetool.analyzers.statistics.ExpertStatistic;
import io.moetool.analyzers.statistics.ExpertSums;
import io.moetool.analyzers.statistics.LayerStatistics;
import io.moetool.analyzers.statistics.RoutedStatistics;
import io.moetool.analyzers.statistics.Statistics;
import io.moetool.analyzers.superexperts.SuperExpert;
import io.moetool.analyzers.superexperts.SuperExpertSearch;
import io.moetool.transforms.plan.Evidence;
import io.moetool.transforms.plan.LayerEvidence;
import io.moetool.transforms.plan.Plan;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** What was measured, as evidence for a plan. */
final class MeasuredEvidence {
  private MeasuredEvidence() {}

  /**
   * Scores all experts by one method.
   *
   * @param where what the statistics are, for messages
   * @param seed of a method that draws lots
   */
  static Evidence of(
      String where, Statistics statistics, SaliencyMethod method, OptionalLong seed) {
    SaliencyScores scores = SaliencyScores.of(method, statistics);
    List<LayerEvidence> layers = new ArrayList<>();
    for (int index = 0; index < scores.layers().size(); index++) {
      int layer = scores.layers().get(index);
      double[] layerScores = scores.layer(layer);
      layers.add(
          statistics.routed().isEmpty()
              ? LayerEvidence.ofWeights(layer, layerScores)
              : ofData(layer, layerScores, statistics.routed().get().layers().get(index)));
    }
    return new Evidence(
        where,
        method.name(),
        seed,
        statistics
            .routed()
            .map(RoutedStatistics::data)
            .map(data -> new Plan.Statistics(data.fingerprint(), data.tokens())),
        layers,
        superExperts(statistics));
  }

  private static LayerEvidence ofData(int layer, double[] scores, LayerStatistics measured) {
    ExpertSums sums = measured.overall();
    return LayerEvidence.ofData(layer, scores, sums.counts(), sums.toArray(ExpertStatistic.SOFT));
  }

  /** By the published rule, unless there are so few experts that it names one in any case. */
  private static List<Evidence.SuperExpert> superExperts(Statistics statistics) {
    if (statistics.routed().isEmpty()) {
      return List.of();
    }
    SuperExpertSearch search = SuperExpertSearch.over(statistics);
    List<SuperExpert> found =
        search.candidates() < SuperExpertSearch.FEW_EXPERTS ? search.robust() : search.byPaper();
    return found.stream()
        .map(e -> new Evidence.SuperExpert(e.layer(), e.expert(), e.maxAbs()))
        .toList();
  }
}
