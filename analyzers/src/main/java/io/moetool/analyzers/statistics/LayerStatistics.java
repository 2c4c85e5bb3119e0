package io.moetool.analyzers.statistics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Everything that was summed in one layer with experts. */
public final class LayerStatistics {
  private final int layer;
  private final List<Long> tokens;
  private final List<ExpertSums> byDomain;
  private final ExpertSums overall;
  private final Map<MatrixStatistic, SumMatrix> matrices;

  /**
   * Takes over sums.
   *
   * @param tokens tokens that the layer saw, by domain
   */
  LayerStatistics(
      int layer,
      List<Long> tokens,
      List<ExpertSums> byDomain,
      Map<MatrixStatistic, SumMatrix> matrices) {
    this.layer = layer;
    this.tokens = List.copyOf(tokens);
    this.byDomain = List.copyOf(byDomain);
    this.matrices = Collections.unmodifiableMap(new EnumMap<>(matrices));
    this.overall = new ExpertSums(byDomain.getFirst().experts());
    byDomain.forEach(overall::add);
  }

  /** Index of the layer in the model. */
  public int layer() {
    return layer;
  }

  /** Number of experts, E. */
  public int experts() {
    return overall.experts();
  }

  /**
   * Tokens that the layer saw: those of the texts, or in an encoder's layer those of the sources.
   * Some of them may have found no expert that took them.
   */
  public long tokens() {
    return tokens.stream().mapToLong(Long::longValue).sum();
  }

  /** Sums over all tokens: those of the domains, added in their order. */
  public ExpertSums overall() {
    return overall;
  }

  /** Sums by domain, in the order of {@link MeasuredData#domains}. */
  public List<ExpertSums> byDomain() {
    return byDomain;
  }

  /**
   * Sums over some domains only, in this order; what is not summed by domain stays as it is.
   *
   * @param places their indices
   */
  public LayerStatistics ofDomains(List<Integer> places) {
    return new LayerStatistics(
        layer,
        places.stream().map(tokens::get).toList(),
        places.stream().map(byDomain::get).toList(),
        matrices);
  }

  /** A matrix over all tokens. */
  public SumMatrix matrix(MatrixStatistic statistic) {
    SumMatrix matrix = matrices.get(statistic);
    if (matrix == null) {
      throw new IllegalArgumentException("layer %d has no %s".formatted(layer, statistic.key()));
    }
    return matrix;
  }

  /**
   * Sums of this layer over further data.
   *
   * @param places index in the result of each of the other's domains
   * @param domains number of domains in the result; this layer's come first
   */
  LayerStatistics plus(LayerStatistics other, int[] places, int domains) {
    List<ExpertSums> sums = new ArrayList<>();
    long[] seen = new long[domains];
    for (int domain = 0; domain < domains; domain++) {
      sums.add(new ExpertSums(experts()));
    }
    for (int domain = 0; domain < byDomain.size(); domain++) {
      sums.get(domain).add(byDomain.get(domain));
      seen[domain] = tokens.get(domain);
    }
    for (int domain = 0; domain < places.length; domain++) {
      sums.get(places[domain]).add(other.byDomain.get(domain));
      seen[places[domain]] = Math.addExact(seen[places[domain]], other.tokens.get(domain));
    }
    Map<MatrixStatistic, SumMatrix> added = new EnumMap<>(MatrixStatistic.class);
    matrices.forEach((key, matrix) -> added.put(key, key.combine(matrix, other.matrix(key))));
    return new LayerStatistics(layer, Arrays.stream(seen).boxed().toList(), sums, added);
  }
}
