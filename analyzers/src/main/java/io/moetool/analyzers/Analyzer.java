package io.moetool.analyzers;

import io.moetool.analyzers.adaptive.AdaptiveRouting;
import io.moetool.analyzers.damage.LayerForecast;
import io.moetool.analyzers.redundancy.LayerRedundancy;
import io.moetool.analyzers.routing.RoutingAnalysis;
import io.moetool.analyzers.saliency.LayerMeasurements;
import io.moetool.analyzers.saliency.SaliencyCatalog;
import io.moetool.analyzers.saliency.SaliencyMethod;
import io.moetool.analyzers.saliency.SaliencyScores;
import io.moetool.analyzers.specialisation.LayerSpecialisation;
import io.moetool.analyzers.statistics.ExpertStatistic;
import io.moetool.analyzers.statistics.LayerStatistics;
import io.moetool.analyzers.statistics.MeasuredData;
import io.moetool.analyzers.statistics.MeasuredModel;
import io.moetool.analyzers.statistics.RoutedStatistics;
import io.moetool.analyzers.statistics.Statistics;
import io.moetool.analyzers.statistics.WeightStatistics;
import io.moetool.analyzers.superexperts.LayerPeaks;
import io.moetool.analyzers.superexperts.SuperExpert;
import io.moetool.analyzers.superexperts.SuperExpertSearch;
import io.moetool.analyzers.superexperts.SuperWeight;
import io.moetool.formats.BadInputException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

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
            model.encoderLayers(),
            model.experts(),
            model.expertsPerToken(),
            statistics.weights().flatMap(WeightStatistics::base)),
        statistics.routed().map(RoutedStatistics::data).map(Analyzer::data),
        analyzed,
        superExperts,
        rule,
        search.map(SuperExpertSearch::sharedByPaper).orElse(List.of()),
        search.map(s -> superWeights(superExperts, s.robust())).orElse(List.of()),
        routedLayers().map(LayerPeaks::of).toList(),
        new Analysis.Redundancy(layers.stream().map(LayerRedundancy::of).toList()),
        layers.stream()
            .flatMap(layer -> layer.sampled().stream())
            .flatMap(sample -> LayerForecast.of(sample).stream())
            .toList(),
        statistics
            .routed()
            .map(routed ->
                routedLayers().map(layer -> LayerSpecialisation.of(routed.data(), layer)).toList())
            .orElse(List.of()),
        statistics.routed().map(routed -> AdaptiveRouting.of(statistics)),
        AnalysisWarnings.of(model, analyzed, superExperts, rule));
  }

  private Stream<LayerStatistics> routedLayers() {
    return statistics.routed().stream().flatMap(routed -> routed.layers().stream());
  }

  private List<SuperWeight> superWeights(List<SuperExpert> byPaper, List<SuperExpert> apart) {
    Set<SuperExpert> all = new LinkedHashSet<>(byPaper);
    all.addAll(apart);
    return all.stream()
        .flatMap(expert ->
            routedLayers()
                .filter(layer -> layer.layer() == expert.layer())
                .flatMap(layer -> SuperWeight.of(layer, expert.expert()).stream()))
        .toList();
  }

  /** Scores by all methods whose needs are met; a lot drawn is no finding and left out. */
  private Map<String, SaliencyScores> scores() {
    Map<String, SaliencyScores> scores = new LinkedHashMap<>();
    for (SaliencyMethod method : SaliencyCatalog.methods()) {
      boolean possible =
          switch (method.needs()) {
            case DATA ->
                statistics.routed().isPresent() && (!method.needsSample() || hasWholeSample());
            case WEIGHTS -> statistics.weights().isPresent();
            case BASE -> statistics.weights().flatMap(WeightStatistics::base).isPresent();
            case NOTHING -> false;
          };
      if (possible) {
        scores.put(method.name(), SaliencyScores.of(method, statistics));
      }
    }
    return scores;
  }

  /** A sample of one pass, from which everything can be told. */
  private boolean hasWholeSample() {
    return statistics.sampled().filter(sample -> sample.ofOnePass()).isPresent();
  }

  private Analysis.Layer layer(LayerMeasurements layer, Map<String, SaliencyScores> scores) {
    Map<String, List<Double>> saliency = new LinkedHashMap<>();
    scores.forEach((method, all) -> saliency.put(method, list(all.layer(layer.layer()))));
    return new Analysis.Layer(
        layer.layer(),
        layer.routed().map(sums -> Arrays.stream(sums.overall().counts()).boxed().toList()),
        saliency,
        layer.routed().map(sums -> list(sums.overall().toArray(ExpertStatistic.MX))),
        layer
            .routed()
            .map(sums ->
                RoutingAnalysis.of(
                    statistics.requireRouted().data(),
                    sums,
                    statistics.model().expertsPerToken())));
  }

  private static Analysis.Data data(MeasuredData measured) {
    Map<String, Analysis.Domain> domains = new LinkedHashMap<>();
    measured
        .domains()
        .forEach(domain ->
            domains.put(
                domain.name(),
                new Analysis.Domain(domain.sequences(), domain.tokens(), domain.sourceTokens())));
    return new Analysis.Data(
        measured.fingerprint(),
        measured.sequences(),
        measured.tokens(),
        measured.sourceTokens(),
        domains);
  }

  private static List<Double> list(double[] values) {
    return Arrays.stream(values).boxed().toList();
  }
}
