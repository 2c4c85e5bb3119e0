package io.moetool.analyzers.report;

import io.moetool.analyzers.Analysis;
import io.moetool.analyzers.routing.RoutingAnalysis;
import io.moetool.analyzers.saliency.SaliencyCatalog;
import io.moetool.analyzers.saliency.SaliencyMethod;
import io.moetool.analyzers.statistics.Statistics;
import io.moetool.analyzers.superexperts.SuperExpert;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToIntFunction;

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
    Optional<PackedSimilarity> similarity,
    List<Method> methods) {

  record Fact(String name, Object value) {}

  record Evenness(
      double evenness, double loadImbalance, double meanDivergence, int unused, int starved) {}

  record Marked(int layer, int expert, double maxAbs, boolean byPaper, boolean setApart) {}

  record Rule(double threshold, int candidates) {}

  record Method(String name, String description, String source) {}

  static ReportContent of(Analysis analysis, Statistics statistics) {
    PackedDomains domains = PackedDomains.of(analysis);
    return new ReportContent(
        subtitle(analysis),
        analysis.warnings(),
        summary(analysis),
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
        PackedSimilarity.of(analysis, statistics),
        methods(analysis));
  }

  private static String subtitle(Analysis analysis) {
    String model = "Model " + analysis.model().fingerprint();
    return analysis
        .data()
        .map(data -> "%s · data %s".formatted(model, data.fingerprint()))
        .orElse(model + " · weights alone");
  }

  private static List<Fact> summary(Analysis analysis) {
    List<Fact> facts = new ArrayList<>();
    facts.add(new Fact("Layers with experts", analysis.layers().size()));
    facts.add(new Fact("Layers", analysis.model().layers()));
    facts.add(new Fact("Experts per layer", analysis.model().experts()));
    facts.add(new Fact("Experts per token", analysis.model().expertsPerToken()));
    analysis
        .data()
        .ifPresent(data -> {
          facts.add(new Fact("Tokens", data.tokens()));
          facts.add(new Fact("Sequences", data.sequences()));
          facts.add(new Fact("Domains", data.domains().size()));
          facts.add(new Fact("Unused experts", total(analysis, Evenness::unused)));
          facts.add(new Fact("Starved experts", total(analysis, Evenness::starved)));
        });
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
                      rule.setApart().contains(expert))));
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
