package io.moetool.analyzers.adaptive;

import io.moetool.analyzers.statistics.ExpertStatistic;
import io.moetool.analyzers.statistics.LayerStatistics;
import io.moetool.analyzers.statistics.RoutedStatistics;
import io.moetool.analyzers.statistics.SkipRule;
import io.moetool.analyzers.statistics.Statistics;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * What rules would save that skip some of the experts a token chose. Components are the keys of
 * {@code adaptiveRouting} in {@code analysis.json}.
 *
 * @param rules by name ({@code rank}, {@code share}, {@code ratio}, {@code logit}), the settings
 *     tried, least skipping first
 */
public record AdaptiveRouting(Map<String, List<Setting>> rules) {
  /** Settings that skip more than this of all choices are no longer of interest. */
  private static final double MOST = 0.9;

  private static final double LEAST = 0.005;

  /** Settings reported per rule. */
  private static final int SETTINGS = 12;

  public AdaptiveRouting {
    rules = Collections.unmodifiableMap(new LinkedHashMap<>(rules));
  }

  /**
   * One setting of a rule, over all layers.
   *
   * @param limit in the rule's own unit: experts per token, share of the scores, part of the
   *     largest coefficient, logit
   * @param activeExperts mean number of experts that a token still uses in a layer
   * @param saved share of the routed experts' work that is saved
   * @param droppedMass share of all coefficients that is dropped
   * @param errorBound mean over tokens and layers of Σ ‖g f‖ / ‖o‖ over the dropped experts: the
   *     change of what a layer's experts add, as a share of it, is at most that on average if the
   *     coefficients of the others stay
   * @param activeByLayer {@code activeExperts} of every layer with experts
   */
  public record Setting(
      double limit,
      double activeExperts,
      double saved,
      double droppedMass,
      double errorBound,
      List<Double> activeByLayer) {
    public Setting {
      activeByLayer = List.copyOf(activeByLayer);
    }
  }

  /** Tries all rules on what was measured. */
  public static AdaptiveRouting of(Statistics statistics) {
    RoutedStatistics routed = statistics.requireRouted();
    Map<String, List<Setting>> rules = new LinkedHashMap<>();
    for (SkipRule rule : SkipRule.values()) {
      rules.put(
          rule.name().toLowerCase(Locale.ROOT),
          settings(rule, routed, statistics.model().expertsPerToken()));
    }
    return new AdaptiveRouting(rules);
  }

  private static List<Setting> settings(SkipRule rule, RoutedStatistics routed, int perToken) {
    List<Setting> all = new ArrayList<>();
    for (int step = 1; step <= SkipRule.LAST; step++) {
      Setting setting = setting(rule, step, routed, perToken);
      if (setting.saved() >= LEAST && setting.saved() <= MOST) {
        all.add(setting);
      }
    }
    if (all.size() > 1 && all.getFirst().saved() > all.getLast().saved()) {
      Collections.reverse(all);
    }
    int count = Math.min(SETTINGS, all.size());
    return IntStream.range(0, count)
        .mapToObj(i -> all.get(count == 1 ? 0 : i * (all.size() - 1) / (count - 1)))
        .toList();
  }

  private static Setting setting(SkipRule rule, int step, RoutedStatistics routed, int perToken) {
    double seen = 0;
    double notTaken = 0;
    double choices = 0;
    double dropped = 0;
    double mass = 0;
    double bound = 0;
    List<Double> active = new ArrayList<>();
    for (LayerStatistics layer : routed.layers()) {
      SkipRule.Skipped skipped = rule.skipped(layer, step);
      double full = layer.tokens() * (double) perToken - layer.overall().total(ExpertStatistic.N);
      seen += layer.tokens();
      notTaken += full;
      choices += skipped.choices();
      dropped += skipped.mass();
      mass += rule.total(layer).mass();
      bound += skipped.bound();
      active.add(perToken - (full + skipped.choices()) / layer.tokens());
    }
    return new Setting(
        rule.limit(step),
        perToken - (notTaken + choices) / seen,
        choices / (seen * perToken - notTaken),
        mass == 0 ? 0 : dropped / mass,
        bound / seen,
        active);
  }
}
