package io.moetool.analyzers.routing;

import io.moetool.analyzers.statistics.ExpertStatistic;
import io.moetool.analyzers.statistics.ExpertSums;
import io.moetool.analyzers.statistics.LayerStatistics;
import io.moetool.analyzers.statistics.MatrixStatistic;
import io.moetool.analyzers.statistics.MeasuredData;
import io.moetool.analyzers.statistics.SumMatrix;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Describes the routing of a layer from its counts. */
public final class RoutingAnalysis {
  /** Scores of experts that fewer calibration tokens chose say little. */
  public static final int FEW_TOKENS = 32;

  /** Pairs reported per layer. */
  private static final int PAIRS = 5;

  private RoutingAnalysis() {}

  /**
   * Describes a layer.
   *
   * @param expertsPerToken experts that a token chooses
   */
  public static LayerRouting of(MeasuredData data, LayerStatistics layer, int expertsPerToken) {
    ExpertSums sums = layer.overall();
    Distribution use = use(sums);
    Map<String, List<Double>> domainShares = new LinkedHashMap<>();
    for (int domain = 0; domain < layer.byDomain().size(); domain++) {
      domainShares.put(
          data.domainNames().get(domain), list(use(layer.byDomain().get(domain)).shares()));
    }
    return new LayerRouting(
        use.entropyBits(),
        Math.log(layer.experts()) / Math.log(2),
        use.largest(),
        use.largest() * layer.experts(),
        experts(sums, 1),
        experts(sums, FEW_TOKENS),
        list(Distribution.of(sums.toArray(ExpertStatistic.GSUM)).shares()),
        domainShares,
        divergences(layer.byDomain()),
        coSelected(layer),
        layer.tokens(),
        Math.round(layer.tokens() * (double) expertsPerToken - sums.total(ExpertStatistic.N)));
  }

  private static Distribution use(ExpertSums sums) {
    return Distribution.of(sums.toArray(ExpertStatistic.N));
  }

  /** Experts that fewer than {@code tokens} tokens chose. */
  private static List<Integer> experts(ExpertSums sums, int tokens) {
    return IntStream.range(0, sums.experts())
        .filter(expert -> sums.get(ExpertStatistic.N, expert) < tokens)
        .boxed()
        .toList();
  }

  private static List<List<Double>> divergences(List<ExpertSums> byDomain) {
    List<Distribution> uses = byDomain.stream().map(RoutingAnalysis::use).toList();
    return uses.stream()
        .map(a -> uses.stream().map(b -> a == b ? 0.0 : a.divergenceBits(b)).toList())
        .toList();
  }

  private static List<LayerRouting.CoSelection> coSelected(LayerStatistics layer) {
    SumMatrix together = layer.matrix(MatrixStatistic.COACT);
    return together.largestPairs(PAIRS, together::get).stream()
        .filter(pair -> pair.value() > 0)
        .map(pair -> coSelection(layer.tokens(), together, pair))
        .toList();
  }

  private static LayerRouting.CoSelection coSelection(
      long tokens, SumMatrix together, SumMatrix.Pair pair) {
    double chance =
        together.get(pair.first(), pair.first())
            * together.get(pair.second(), pair.second())
            / tokens;
    return new LayerRouting.CoSelection(
        pair.first(), pair.second(), (long) pair.value(), pair.value() / chance);
  }

  private static List<Double> list(double[] values) {
    return Arrays.stream(values).boxed().toList();
  }
}
