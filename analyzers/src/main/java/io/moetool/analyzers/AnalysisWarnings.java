package io.moetool.analyzers;

import io.moetool.analyzers.routing.LayerRouting;
import io.moetool.analyzers.routing.RoutingAnalysis;
import io.moetool.analyzers.superexperts.SuperExpert;
import io.moetool.analyzers.superexperts.SuperExpertSearch;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/** What a reader of an analysis ought to know before the numbers. */
final class AnalysisWarnings {
  /** Experts named one by one; the rest is counted. */
  private static final int NAMED = 24;

  private AnalysisWarnings() {}

  static List<String> of(
      List<Analysis.Layer> layers,
      List<SuperExpert> superExperts,
      Optional<Analysis.SuperExpertRule> rule) {
    List<String> warnings = new ArrayList<>();
    if (rule.isEmpty()) {
      warnings.add(
          "nothing was run: routing, outputs and super experts are unknown, and only methods that need"
              + " weights alone have scores; analyze with --data for the rest");
    }
    named(layers, LayerRouting::starvedExperts)
        .ifPresent(
            names ->
                warnings.add(
                    "fewer than %d tokens chose some experts, so their scores say little; analyze more data: %s"
                        .formatted(RoutingAnalysis.FEW_TOKENS, names)));
    named(layers, LayerRouting::unusedExperts)
        .ifPresent(names -> warnings.add("no token chose some experts: " + names));
    rule.ifPresent(found -> superExperts(superExperts, found, warnings));
    return warnings;
  }

  private static void superExperts(
      List<SuperExpert> byPaper, Analysis.SuperExpertRule rule, List<String> warnings) {
    if (rule.candidates() >= SuperExpertSearch.FEW_EXPERTS) {
      return;
    }
    for (SuperExpert expert : byPaper) {
      if (!rule.setApart().contains(expert)) {
        warnings.add(
            ("%s (largest output %s) counts as a super expert by the published rule, which among %d experts"
                    + " names one even if there is none; no wide gap sets it apart from the others")
                .formatted(name(expert), number(expert.maxAbs()), rule.candidates()));
      }
    }
    for (SuperExpert expert : rule.setApart()) {
      if (!byPaper.contains(expert)) {
        warnings.add(
            ("%s (largest output %s) is set apart from the others like a super expert; the published rule"
                    + " misses it because it names too few among %d experts")
                .formatted(name(expert), number(expert.maxAbs()), rule.candidates()));
      }
    }
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

  private static String name(SuperExpert expert) {
    return "layer %d expert %d".formatted(expert.layer(), expert.expert());
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.4g", value);
  }
}
