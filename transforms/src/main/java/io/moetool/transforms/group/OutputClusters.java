package io.moetool.transforms.group;

import io.moetool.analyzers.saliency.LayerMeasurements;
import io.moetool.analyzers.statistics.ExpertStatistic;
import io.moetool.analyzers.statistics.LayerSample;
import io.moetool.analyzers.statistics.SampleStatistic;
import io.moetool.analyzers.statistics.SumMatrix;
import io.moetool.kernels.HierarchicalClustering.Linkage;
import java.util.List;
import java.util.Locale;

/**
 * HC-SMoE (arXiv 2410.08589): agglomerative clusters of the experts' mean outputs over all tokens
 * of a sample, whether a token chose the expert or not; experts count by use. A cluster is led by
 * the member nearest its mean.
 *
 * <p>The published code runs k-means when its linkage option is misspelt, joins the farthest pair
 * under complete linkage, and measures Ward's distance without squares; all are corrected here.
 */
final class OutputClusters implements GroupingMethod {
  private final Linkage linkage;

  OutputClusters(Linkage linkage) {
    this.linkage = linkage;
  }

  @Override
  public String name() {
    return linkage == Linkage.AVERAGE
        ? "hc-smoe"
        : "hc-smoe-" + linkage.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public String description() {
    return "clusters of mean outputs over all tokens of a sample, joined by %s linkage"
        .formatted(linkage.name().toLowerCase(Locale.ROOT));
  }

  @Override
  public String source() {
    return "HC-SMoE, arXiv 2410.08589";
  }

  @Override
  public boolean needsData() {
    return true;
  }

  @Override
  public boolean needsSample() {
    return true;
  }

  @Override
  public double[] scores(LayerMeasurements layer) {
    return layer.requireRouted().overall().toArray(ExpertStatistic.N);
  }

  @Override
  public List<List<Integer>> groups(LayerMeasurements layer, List<Integer> candidates, int count) {
    LayerSample sample = layer.requireSample();
    SumMatrix sums = sample.matrix(SampleStatistic.CA);
    long tokens = sample.extent().tokens();
    return Clusters.of(candidates, count, linkage, (a, b) -> distance(sums, a, b) / tokens);
  }

  private static double distance(SumMatrix rows, int a, int b) {
    double squares = 0;
    for (int column = 0; column < rows.columns(); column++) {
      double difference = rows.get(a, column) - rows.get(b, column);
      squares += difference * difference;
    }
    return Math.sqrt(squares);
  }
}
