package io.moetool.analyzers.report;

import io.moetool.analyzers.Analysis;
import io.moetool.analyzers.routing.LayerRouting;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * Which experts domains use.
 *
 * @param domains as many as fit, those with most tokens first choice, in order of first appearance
 * @param divergence between these domains, by layer, packed float32
 */
record PackedDomains(List<Domain> domains, String divergence) {
  /** Shares that all domains together may have. */
  private static final long BUDGET = 150_000;

  private static final int AT_LEAST = 2;

  /**
   * Expert use of one domain.
   *
   * @param name as the data gives it
   * @param unit what shares are multiples of
   * @param shares packed uint16, layer after layer
   */
  record Domain(String name, double unit, String shares) {}

  static PackedDomains of(Analysis analysis) {
    List<LayerRouting> routing =
        analysis.layers().stream().flatMap(layer -> layer.routing().stream()).toList();
    List<String> shown =
        analysis.data().map(data -> shown(data.domains(), room(analysis))).orElse(List.of());
    return new PackedDomains(
        shown.stream().map(name -> domain(name, routing)).toList(), divergence(shown, routing));
  }

  private static long room(Analysis analysis) {
    long each = Math.max(1, (long) analysis.layers().size() * analysis.model().experts());
    return Math.max(AT_LEAST, BUDGET / each);
  }

  private static List<String> shown(Map<String, Analysis.Domain> domains, long room) {
    List<String> largest =
        domains.entrySet().stream()
            .sorted(
                Comparator.comparingLong(
                        (Map.Entry<String, Analysis.Domain> domain) -> domain.getValue().tokens())
                    .reversed())
            .limit(room)
            .map(Map.Entry::getKey)
            .toList();
    return domains.keySet().stream().filter(largest::contains).toList();
  }

  private static Domain domain(String name, List<LayerRouting> routing) {
    double[] shares =
        routing.stream()
            .flatMap(layer -> layer.domainShares().getOrDefault(name, List.of()).stream())
            .mapToDouble(Double::doubleValue)
            .toArray();
    double largest = 0;
    for (double share : shares) {
      largest = Math.max(largest, share);
    }
    double unit = PackedNumbers.unit(largest);
    return new Domain(name, unit, PackedNumbers.uint16(shares, unit));
  }

  private static String divergence(List<String> shown, List<LayerRouting> routing) {
    return PackedNumbers.float32(
        routing.stream()
            .flatMap(layer -> {
              List<String> all = List.copyOf(layer.domainShares().keySet());
              return shown.stream()
                  .map(name -> layer.domainDivergence().get(all.indexOf(name)))
                  .flatMap(row -> shown.stream().map(name -> row.get(all.indexOf(name))));
            })
            .mapToDouble(Double::doubleValue)
            .toArray());
  }
}
