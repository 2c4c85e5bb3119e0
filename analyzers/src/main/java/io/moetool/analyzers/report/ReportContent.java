package io.moetool.analyzers.report;

import io.moetool.analyzers.Analysis;
import io.moetool.analyzers.adaptive.AdaptiveRouting;
import io.moetool.analyzers.routing.RoutingAnalysis;
import io.moetool.analyzers.saliency.SaliencyCatalog;
import io.moetool.analyzers.saliency.SaliencyMethod;
import io.moetool.analyzers.statistics.Statistics;
import io.moetool.analyzers.superexperts.LayerPeaks;
import io.moetool.analyzers.superexperts.SuperExpert;
import io.moetool.analyzers.superexperts.SuperWeight;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;

/**
 * What the page's script draws. Components are the keys it reads; arrays over all experts are
 * packed, layer after layer.
 *
 * @param subtitle what was analyzed
 * @param warnings shown first
 * @param summary numbers at a glance
 * @param layers indices of the layers with experts
 * @param experts experts per layer
 * @param fewTokens below this, an expert is starved
 * @param metrics what cells can be coloured by
 * @param domains expert use by domain
 * @param divergence between domains, by layer, packed float32
 * @param routing evenness by layer, empty without data
 * @param superExperts by either rule
 * @param superExpertRule the published one, empty without data
 * @param sink which token holds the largest values, in words; empty without data
 * @param joins which experts of a layer join in which order
 * @param damage what layers lose as experts are taken away; empty without a sample
 * @param whatIf what rules would save that skip experts, by rule
 * @param kept packed bytes, 1 for every expert that a plan keeps; empty without a plan
 * @param similarity between the experts of each layer
 * @param methods what the scores mean
 */
record ReportContent(
    String subtitle,
    List<String> warnings,
    List<Fact> summary,
    List<Integer> layers,
    int experts,
    int fewTokens,
    List<PackedMetric> metrics,
    List<PackedDomains.Domain> domains,
    String divergence,
    Optional<List<Evenness>> routing,
    List<Marked> superExperts,
    Optional<Rule> superExpertRule,
    Optional<String> sink,
    Optional<PackedSimilarity> similarity,
    PackedJoins joins,
    Optional<PackedDamage> damage,
    Map<String, List<AdaptiveRouting.Setting>> whatIf,
    Optional<String> kept,
    List<Method> methods) {

  record Fact(String name, Object value) {}

  record Evenness(
      double evenness, double loadImbalance, double meanDivergence, int unused, int starved) {}

  record Marked(
      int layer,
      int expert,
      double maxAbs,
      boolean byPaper,
      boolean setApart,
      Optional<SuperWeight> weight) {}

  record Rule(double threshold, int candidates) {}

  record Method(String name, String description, String source) {}

  static ReportContent of(
      Analysis analysis, Statistics statistics, Map<Integer, List<Integer>> kept) {
    PackedDomains domains = PackedDomains.of(analysis);
    return new ReportContent(
        subtitle(analysis),
        analysis.warnings(),
        summary(analysis, kept),
        analysis.layers().stream().map(Analysis.Layer::layer).toList(),
        analysis.model().experts(),
        RoutingAnalysis.FEW_TOKENS,
        PackedMetric.of(analysis),
        domains.domains(),
        domains.divergence(),
        analysis
            .data()
            .map(data -> analysis.layers().stream().map(ReportContent::evenness).toList()),
        marked(analysis),
        analysis.superExpertRule().map(rule -> new Rule(rule.threshold(), rule.candidates())),
        sink(analysis),
        PackedSimilarity.of(analysis, statistics),
        PackedJoins.of(analysis),
        PackedDamage.of(analysis),
        analysis.adaptiveRouting().map(AdaptiveRouting::rules).orElse(Map.of()),
        packed(analysis, kept),
        methods(analysis));
  }

  private static String subtitle(Analysis analysis) {
    String model = "Model " + analysis.model().fingerprint();
    return analysis
        .data()
        .map(data -> "%s · data %s".formatted(model, data.fingerprint()))
        .orElse(model + " · weights alone");
  }

  private static Optional<String> packed(Analysis analysis, Map<Integer, List<Integer>> kept) {
    if (kept.isEmpty()) {
      return Optional.empty();
    }
    int experts = analysis.model().experts();
    byte[] flags = new byte[analysis.layers().size() * experts];
    for (int place = 0; place < analysis.layers().size(); place++) {
      for (int expert : kept.getOrDefault(analysis.layers().get(place).layer(), List.of())) {
        flags[place * experts + expert] = 1;
      }
    }
    return Optional.of(PackedNumbers.bytes(flags));
  }

  /** The position where most layers have their largest value, if it is that of most layers. */
  private static Optional<String> sink(Analysis analysis) {
    Map<Integer, Long> positions =
        analysis.massiveActivations().stream()
            .collect(
                Collectors.groupingBy(LayerPeaks::position, TreeMap::new, Collectors.counting()));
    return analysis.massiveActivations().stream()
        .max(Comparator.comparingDouble(layer -> Math.abs(layer.value())))
        .map(largest -> {
          int common = Collections.max(positions.entrySet(), Map.Entry.comparingByValue()).getKey();
          return String.format(
              Locale.ROOT,
              "The largest component of a hidden state is %.4g, after layer %d in channel %d at"
                  + " position %d of its sequence (the median of that token's is %.3g). Position %d"
                  + " holds the largest value of %d of %d layers.",
              largest.value(),
              largest.layer(),
              largest.channel(),
              largest.position(),
              largest.median(),
              common,
              positions.get(common),
              analysis.massiveActivations().size());
        });
  }

  private static List<Fact> summary(Analysis analysis, Map<Integer, List<Integer>> kept) {
    List<Fact> facts = new ArrayList<>();
    facts.add(new Fact("Layers with experts", analysis.layers().size()));
    facts.add(new Fact("Layers", analysis.model().layers()));
    int readers = analysis.model().encoderLayers();
    if (readers > 0) {
      facts.add(new Fact("Encoder's layers", "%d to %d".formatted(0, readers - 1)));
    }
    facts.add(new Fact("Experts per layer", analysis.model().experts()));
    facts.add(new Fact("Experts per token", analysis.model().expertsPerToken()));
    analysis
        .data()
        .ifPresent(data -> {
          facts.add(new Fact("Tokens", data.tokens()));
          if (data.sourceTokens() > 0) {
            facts.add(new Fact("Tokens of sources", data.sourceTokens()));
          }
          facts.add(new Fact("Sequences", data.sequences()));
          facts.add(new Fact("Domains", data.domains().size()));
          facts.add(new Fact("Unused experts", total(analysis, Evenness::unused)));
          facts.add(new Fact("Starved experts", total(analysis, Evenness::starved)));
        });
    if (!kept.isEmpty()) {
      int staying = kept.values().stream().mapToInt(List::size).sum();
      facts.add(
          new Fact(
              "Kept by the plan",
              "%d of %d experts"
                  .formatted(staying, analysis.layers().size() * analysis.model().experts())));
    }
    analysis
        .superExpertRule()
        .ifPresent(rule ->
            facts.add(
                new Fact(
                    "Super experts",
                    "%d by rule, %d set apart"
                        .formatted(analysis.superExperts().size(), rule.setApart().size()))));
    return facts;
  }

  private static int total(Analysis analysis, ToIntFunction<Evenness> count) {
    return analysis.layers().stream().map(ReportContent::evenness).mapToInt(count).sum();
  }

  private static Evenness evenness(Analysis.Layer layer) {
    return layer
        .routing()
        .map(routing ->
            new Evenness(
                routing.maxEntropy() == 0 ? 1 : routing.entropy() / routing.maxEntropy(),
                routing.loadImbalance(),
                meanOfPairs(routing.domainDivergence()),
                routing.unusedExperts().size(),
                routing.starvedExperts().size()))
        .orElseThrow();
  }

  private static double meanOfPairs(List<List<Double>> matrix) {
    int pairs = matrix.size() * (matrix.size() - 1);
    double sum = matrix.stream().flatMap(List::stream).mapToDouble(Double::doubleValue).sum();
    return pairs == 0 ? 0 : sum / pairs;
  }

  private static List<Marked> marked(Analysis analysis) {
    List<Marked> marked = new ArrayList<>();
    analysis
        .superExpertRule()
        .ifPresent(rule -> {
          Set<SuperExpert> all = new LinkedHashSet<>(analysis.superExperts());
          all.addAll(rule.setApart());
          all.forEach(expert ->
              marked.add(
                  new Marked(
                      expert.layer(),
                      expert.expert(),
                      expert.maxAbs(),
                      analysis.superExperts().contains(expert),
                      rule.setApart().contains(expert),
                      analysis.superWeights().stream()
                          .filter(weight ->
                              weight.layer() == expert.layer()
                                  && weight.expert() == expert.expert())
                          .findFirst())));
        });
    return marked;
  }

  /** The methods that have scores here. */
  private static List<Method> methods(Analysis analysis) {
    return SaliencyCatalog.methods().stream()
        .filter(method -> analysis.layers().getFirst().saliency().containsKey(method.name()))
        .map(ReportContent::method)
        .toList();
  }

  private static Method method(SaliencyMethod method) {
    return new Method(method.name(), method.description(), method.source());
  }
}
