package io.moetool.analyzers.specialisation;

import io.moetool.analyzers.statistics.ExpertStatistic;
import io.moetool.analyzers.statistics.ExpertSums;
import io.moetool.analyzers.statistics.LayerStatistics;
import io.moetool.analyzers.statistics.MeasuredData;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * How far the domains of the data use different experts of a layer. Components are the keys of
 * {@code specialization} in {@code analysis.json}.
 *
 * @param layer index in the model
 * @param information what a token's expert tells about its domain, I(E; D) in bits: the entropy of
 *     expert use minus the mean entropy of the domains' use, domains weighted by their choices
 * @param share {@code information} divided by the most it can be, the smaller of log₂ of the
 *     numbers of experts and domains; 0 with one domain
 * @param domains by name, in order of first appearance
 * @param overlap share of the half of the experts that each of two domains uses most which they
 *     have in common, in the order of {@code domains}
 */
public record LayerSpecialisation(
    int layer,
    double information,
    double share,
    Map<String, DomainUse> domains,
    List<List<Double>> overlap) {
  private static final int TOP = 8;

  public LayerSpecialisation {
    domains = Collections.unmodifiableMap(new LinkedHashMap<>(domains));
    overlap = overlap.stream().map(List::copyOf).toList();
  }

  /**
   * How one domain uses the experts of a layer.
   *
   * @param entropy of its expert use, in bits
   * @param effectiveExperts 2 to the power of that: as many experts, used alike, have that entropy
   * @param unused experts that none of its tokens chose
   * @param top experts that most of its tokens chose, most first
   */
  public record DomainUse(double entropy, double effectiveExperts, int unused, List<Integer> top) {
    public DomainUse {
      top = List.copyOf(top);
    }
  }

  /** Compares the domains of a layer. */
  public static LayerSpecialisation of(MeasuredData data, LayerStatistics layer) {
    Map<String, DomainUse> domains = new LinkedHashMap<>();
    double inDomains = 0;
    double all = layer.overall().total(ExpertStatistic.N);
    for (int domain = 0; domain < layer.byDomain().size(); domain++) {
      ExpertSums sums = layer.byDomain().get(domain);
      double entropy = entropy(sums);
      inDomains += sums.total(ExpertStatistic.N) / all * entropy;
      List<Integer> order = order(sums);
      domains.put(
          data.domainNames().get(domain),
          new DomainUse(
              entropy,
              Math.pow(2, entropy),
              (int) Arrays.stream(sums.counts()).filter(count -> count == 0).count(),
              order.subList(0, Math.min(TOP, order.size()))));
    }
    double information = Math.max(0, entropy(layer.overall()) - inDomains);
    double most = log2(Math.min(layer.experts(), domains.size()));
    return new LayerSpecialisation(
        layer.layer(), information, most == 0 ? 0 : information / most, domains, overlaps(layer));
  }

  private static double entropy(ExpertSums sums) {
    double total = sums.total(ExpertStatistic.N);
    double entropy = 0;
    for (long count : sums.counts()) {
      entropy -= count == 0 ? 0 : count / total * log2(count / total);
    }
    return entropy;
  }

  private static double log2(double value) {
    return Math.log(value) / Math.log(2);
  }

  /** Experts by their tokens, most first, lower indices first among equals. */
  private static List<Integer> order(ExpertSums sums) {
    return Ranking.highestFirst(sums.toArray(ExpertStatistic.N));
  }

  private static List<List<Double>> overlaps(LayerStatistics layer) {
    int half = Math.ceilDiv(layer.experts(), 2);
    List<List<Integer>> halves =
        layer.byDomain().stream().map(sums -> order(sums).subList(0, half)).toList();
    return halves.stream()
        .map(a ->
            halves.stream()
                .map(b ->
                    (double) IntStream.range(0, half).filter(i -> b.contains(a.get(i))).count()
                        / half)
                .toList())
        .toList();
  }
}
