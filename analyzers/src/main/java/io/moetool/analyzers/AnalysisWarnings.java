package io.moetool.analyzers;

import io.moetool.analyzers.routing.LayerRouting;
import io.moetool.analyzers.routing.RoutingAnalysis;
import io.moetool.analyzers.statistics.MeasuredModel;
import io.moetool.analyzers.superexperts.SuperExpert;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What a reader of an analysis ought to know before the numbers. */
final class AnalysisWarnings {
  /** Experts named one by one; the rest is counted. */
  private static final int NAMED = 24;

  private static final int NAMED_SUPER_EXPERTS = 3;

  private AnalysisWarnings() {}

  static List<String> of(
      MeasuredModel model,
      List<Analysis.Layer> layers,
      List<SuperExpert> superExperts,
      Optional<Analysis.SuperExpertRule> rule) {
    List<String> warnings = new ArrayList<>();
    if (rule.isEmpty()) {
      warnings.add(
          "nothing was run: routing, outputs and super experts are unknown, and only methods that need"
              + " weights alone have scores; analyze with --data for the rest");
    }
    model.expertCapacity().ifPresent(capacity -> dropped(layers, capacity, warnings));
    named(layers, LayerRouting::starvedExperts)
        .ifPresent(names ->
            warnings.add(
                "fewer than %d tokens chose some experts, so their scores say little; analyze more data: %s"
                    .formatted(RoutingAnalysis.FEW_TOKENS, names)));
    named(layers, LayerRouting::unusedExperts)
        .ifPresent(names -> warnings.add("no token chose some experts: " + names));
    rule.ifPresent(found -> superExperts(superExperts, found, warnings));
    return warnings;
  }

  private static void dropped(List<Analysis.Layer> layers, int capacity, List<String> warnings) {
    String places =
        layers.stream()
            .filter(layer -> layer.routing().map(LayerRouting::dropped).orElse(0L) > 0)
            .map(layer -> {
              LayerRouting routing = layer.routing().orElseThrow();
              return "%d of %d in layer %d"
                  .formatted(routing.dropped(), routing.tokens(), layer.layer());
            })
            .collect(Collectors.joining(", "));
    if (!places.isEmpty()) {
      warnings.add(
          "experts take %d tokens of a sequence, so some were dropped and count for no expert: %s; shorter sequences drop fewer"
              .formatted(capacity, places));
    }
  }

  private static void superExperts(
      List<SuperExpert> byPaper, Analysis.SuperExpertRule rule, List<String> warnings) {
    List<SuperExpert> ordinary = without(byPaper, rule.setApart());
    if (!ordinary.isEmpty()) {
      warnings.add(
          "the published rule for super experts names %s, which no wide gap sets apart from other experts; of %d experts it names about %d whatever their outputs are"
              .formatted(names(ordinary), rule.candidates(), Math.ceilDiv(rule.candidates(), 200)));
    }
    List<SuperExpert> missed = without(rule.setApart(), byPaper);
    if (!missed.isEmpty()) {
      warnings.add(
          "the published rule for super experts misses %s, which a wide gap sets apart from all others: of %d experts it can name %d at most"
              .formatted(names(missed), rule.candidates(), Math.ceilDiv(rule.candidates(), 200)));
    }
  }

  private static List<SuperExpert> without(List<SuperExpert> experts, List<SuperExpert> others) {
    return experts.stream().filter(expert -> !others.contains(expert)).toList();
  }

  private static String names(List<SuperExpert> experts) {
    List<String> names = new ArrayList<>();
    for (SuperExpert expert : experts.subList(0, Math.min(NAMED_SUPER_EXPERTS, experts.size()))) {
      names.add(
          "layer %d expert %d (largest output %s)"
              .formatted(
                  expert.layer(),
                  expert.expert(),
                  String.format(Locale.ROOT, "%.4g", expert.maxAbs())));
    }
    int more = experts.size() - names.size();
    return String.join(", ", names) + (more == 0 ? "" : " and %d more".formatted(more));
  }

  private static Optional<String> named(
      List<Analysis.Layer> layers, Function<LayerRouting, List<Integer>> experts) {
    List<String> places = new ArrayList<>();
    int named = 0;
    int more = 0;
    for (Analysis.Layer layer : layers) {
      List<Integer> all = layer.routing().map(experts).orElse(List.of());
      List<Integer> shown = all.subList(0, Math.min(all.size(), NAMED - named));
      named += shown.size();
      more += all.size() - shown.size();
      if (!shown.isEmpty()) {
        places.add(
            "layer %d %s %s"
                .formatted(
                    layer.layer(),
                    shown.size() == 1 ? "expert" : "experts",
                    String.join(", ", shown.stream().map(String::valueOf).toList())));
      }
    }
    if (places.isEmpty()) {
      return Optional.empty();
    }
    String names = String.join("; ", places);
    return Optional.of(more == 0 ? names : names + "; and " + more + " more");
  }
}
