package io.moetool.analyzers.routing;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How one layer spreads its tokens over its experts. Components are the keys of {@code routing} in
 * {@code analysis.json}.
 *
 * @param entropy of expert use, in bits; at most {@code maxEntropy}
 * @param maxEntropy log₂ E, reached when all experts are used alike
 * @param maxShare share of all choices that went to the most used expert
 * @param loadImbalance choices of the most used expert, divided by the mean
 * @param unusedExperts experts that no token chose
 * @param starvedExperts experts that fewer than {@link RoutingAnalysis#FEW_TOKENS} tokens chose
 * @param gateMass share of all coefficients that went to each expert
 * @param domainShares share of a domain's choices that went to each expert, by domain
 * @param domainDivergence Jensen–Shannon divergence in bits between the expert use of two domains,
 *     in the order of {@code domainShares}
 * @param coSelected experts most often chosen together
 * @param tokens tokens that the layer saw; in an encoder those of sources
 * @param dropped choices that came to nothing, as the expert had taken as many tokens of the
 *     sequence as it can; they count nowhere else
 */
public record LayerRouting(
    double entropy,
    double maxEntropy,
    double maxShare,
    double loadImbalance,
    List<Integer> unusedExperts,
    List<Integer> starvedExperts,
    List<Double> gateMass,
    Map<String, List<Double>> domainShares,
    List<List<Double>> domainDivergence,
    List<CoSelection> coSelected,
    long tokens,
    long dropped) {
  public LayerRouting {
    unusedExperts = List.copyOf(unusedExperts);
    starvedExperts = List.copyOf(starvedExperts);
    gateMass = List.copyOf(gateMass);
    domainShares = Collections.unmodifiableMap(new LinkedHashMap<>(domainShares));
    domainDivergence = domainDivergence.stream().map(List::copyOf).toList();
    coSelected = List.copyOf(coSelected);
  }

  /**
   * Two experts chosen by the same tokens.
   *
   * @param first the lower index
   * @param second the higher index
   * @param tokens tokens that chose both
   * @param lift that number, divided by what it were if choices were independent
   */
  public record CoSelection(int first, int second, long tokens, double lift) {}
}
