package io.moetool.transforms.plan;

import io.moetool.analyzers.saliency.DomainMix;
import io.moetool.analyzers.saliency.LayerMeasurements;
import io.moetool.analyzers.saliency.SaliencyMethod;
import io.moetool.analyzers.saliency.SaliencyMethod.Needs;
import io.moetool.analyzers.saliency.SaliencyScores;
import io.moetool.analyzers.statistics.ExpertStatistic;
import io.moetool.analyzers.statistics.ExpertSums;
import io.moetool.analyzers.statistics.RoutedStatistics;
import io.moetool.analyzers.statistics.Statistics;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SequencedMap;
import java.util.stream.Collectors;

/** What statistics say about experts in the eyes of one method. */
public final class MeasuredEvidence {
  private MeasuredEvidence() {}

  /**
   * Scores all experts by all data alike.
   *
   * @param where what the statistics were read from, for messages
   * @param seed what {@code method} draws lots with, if it does
   * @throws io.moetool.formats.BadInputException if what the method needs was not measured, or a
   *     score is no finite number
   */
  public static Evidence of(
      String where, Statistics statistics, SaliencyMethod method, OptionalLong seed) {
    return of(where, statistics, statistics, method, seed, Optional.empty());
  }

  /**
   * Scores all experts by a mix of domains: only their tokens count, and each domain's scores of a
   * layer are divided by their sum before they are weighted and added.
   *
   * @param where what the statistics were read from, for messages
   * @param mix weights by name of the domain
   * @throws io.moetool.formats.BadInputException if the method needs no data, a domain was not
   *     measured, what the method needs was not measured, or a score is no finite number
   */
  public static Evidence ofMix(
      String where,
      Statistics statistics,
      SaliencyMethod method,
      SequencedMap<String, Double> mix) {
    Statistics mixed = statistics.ofDomains(where, List.copyOf(mix.keySet()));
    return of(
        where,
        statistics,
        mixed,
        new DomainMix(method, List.copyOf(mix.values())),
        OptionalLong.empty(),
        Optional.of(words(mix)));
  }

  /** A mix as a plan says it. */
  static String words(SequencedMap<String, Double> mix) {
    return mix.entrySet().stream()
        .map(domain -> domain.getKey() + "=" + number(domain.getValue()))
        .collect(Collectors.joining(", "));
  }

  private static String number(double weight) {
    return BigDecimal.valueOf(weight).stripTrailingZeros().toPlainString();
  }

  /**
   * Scores all experts.
   *
   * @param all what tells what the layers lose
   * @param scored what scores are computed from
   */
  private static Evidence of(
      String where,
      Statistics all,
      Statistics scored,
      SaliencyMethod method,
      OptionalLong seed,
      Optional<String> domains) {
    SaliencyScores scores = SaliencyScores.of(method, scored);
    boolean fromData = method.needs() == Needs.DATA;
    List<LayerEvidence> layers = new ArrayList<>();
    for (LayerMeasurements layer : LayerMeasurements.of(scored)) {
      LayerEvidence evidence = evidence(layer, scores.layer(layer.layer()), fromData);
      int place = layers.size();
      layers.add(
          all.routed()
              .map(routed -> evidence.measured(routed.layers().get(place)))
              .orElse(evidence));
    }
    return new Evidence(
        where,
        all.model().fingerprint(),
        method.name(),
        seed,
        domains,
        fromData ? scored.routed().map(MeasuredEvidence::source) : Optional.empty(),
        layers);
  }

  static Plan.Statistics source(RoutedStatistics routed) {
    return new Plan.Statistics(
        routed.data().fingerprint(), routed.data().tokens() + routed.data().sourceTokens());
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
