package io.moetool.analyzers;

import io.moetool.analyzers.redundancy.LayerRedundancy;
import io.moetool.analyzers.routing.RoutingAnalysis;
import io.moetool.analyzers.saliency.LayerMeasurements;
import io.moetool.analyzers.saliency.SaliencyCatalog;
import io.moetool.analyzers.saliency.SaliencyMethod;
import io.moetool.analyzers.saliency.SaliencyScores;
import io.moetool.analyzers.statistics.ExpertStatistic;
import io.moetool.analyzers.statistics.MeasuredData;
import io.moetool.analyzers.statistics.MeasuredModel;
import io.moetool.analyzers.statistics.RoutedStatistics;
import io.moetool.analyzers.statistics.Statistics;
import io.moetool.analyzers.superexperts.SuperExpert;
import io.moetool.analyzers.superexperts.SuperExpertSearch;
import io.moetool.formats.BadInputException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Draws all conclusions from what was measured; reads no model and runs none. */
public final class Analyzer {
  private final Statistics statistics;

  private Analyzer(Statistics statistics) {
    this.statistics = statistics;
  }

  /**
   * Analyzes a model.
   *
   * @throws BadInputException if some score is no finite number
   */
  public static Analysis analyze(Statistics statistics) {
    return new Analyzer(statistics).analyze();
  }

  private Analysis analyze() {
    MeasuredModel model = statistics.model();
    Optional<SuperExpertSearch> search =
        statistics.routed().map(routed -> SuperExpertSearch.over(statistics));
    Map<String, SaliencyScores> scores = scores();
    List<LayerMeasurements> layers = LayerMeasurements.of(statistics);
    List<Analysis.Layer> analyzed = layers.stream().map(layer -> layer(layer, scores)).toList();
    List<SuperExpert> superExperts = search.map(SuperExpertSearch::byPaper).orElse(List.of());
    Optional<Analysis.SuperExpertRule> rule =
        search.map(s -> new Analysis.SuperExpertRule(s.threshold(), s.candidates(), s.robust()));
    return new Analysis(
        Analysis.FORMAT_VERSION,
        new Analysis.Model(
            model.fingerprint(),
            model.modelType(),
            model.layers(),
            model.experts(),
            model.expertsPerToken()),
        statistics.routed().map(RoutedStatistics::data).map(Analyzer::data),
        analyzed,
        superExperts,
        rule,
        new Analysis.Redundancy(
            layers.stream()
                .map(layer -> LayerRedundancy.of(layer.layer(), layer.routed(), layer.weights()))
                .toList()),
        AnalysisWarnings.of(analyzed, superExperts, rule));
  }

  /** Scores by all methods whose needs are met; a lot drawn is no finding and left out. */
  private Map<String, SaliencyScores> scores() {
    Map<String, SaliencyScores> scores = new LinkedHashMap<>();
    for (SaliencyMethod method : SaliencyCatalog.methods()) {
      boolean possible =
          switch (method.needs()) {
            case DATA -> statistics.routed().isPresent();
            case WEIGHTS -> statistics.weights().isPresent();
            case NOTHING -> false;
          };
      if (possible) {
        scores.put(method.name(), SaliencyScores.of(method, statistics));
      }
    }
    return scores;
  }

  private Analysis.Layer layer(LayerMeasurements layer, Map<String, SaliencyScores> scores) {
    Map<String, List<Double>> saliency = new LinkedHashMap<>();
    scores.forEach((method, all) -> saliency.put(method, list(all.layer(layer.layer()))));
    return new Analysis.Layer(
        layer.layer(),
        layer.routed().map(sums -> Arrays.stream(sums.overall().counts()).boxed().toList()),
        saliency,
        layer.routed().map(sums -> list(sums.overall().toArray(ExpertStatistic.MX))),
        layer.routed().map(sums -> RoutingAnalysis.of(statistics.requireRouted().data(), sums)));
  }

  private static Analysis.Data data(MeasuredData measured) {
    Map<String, Analysis.Domain> domains = new LinkedHashMap<>();
    measured
        .domains()
        .forEach(domain ->
            domains.put(domain.name(), new Analysis.Domain(domain.sequences(), domain.tokens())));
    return new Analysis.Data(
        measured.fingerprint(), measured.sequences(), measured.tokens(), domains);
  }

  private static List<Double> list(double[] values) {
    return Arrays.stream(values).boxed().toList();
  }
}
