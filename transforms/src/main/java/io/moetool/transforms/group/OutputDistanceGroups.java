package io.moetool.transforms.group;

import io.moetool.analyzers.saliency.LayerMeasurements;
import io.moetool.analyzers.statistics.ExpertStatistic;
import io.moetool.analyzers.statistics.LayerSample;
import io.moetool.kernels.HierarchicalClustering.Linkage;
import java.util.List;

/**
 * Sub-MoE (arXiv 2506.23266): experts whose outputs for the same token point the same way, by the
 * mean over a sample of one minus their cosine; experts count by use.
 *
 * <p>The published method clusters by k-means, whose result depends on a random start; here average
 * linkage joins the nearest. It then factors the members of a group side by side into {@code U Σ
 * [V1ᵀ ... Vnᵀ]} and takes the weighted mean of the right factors. Each member is linear in its
 * right factor, so without truncation that is the weighted mean of the members, which is what
 * merging computes; nothing is truncated.
 */
final class OutputDistanceGroups implements GroupingMethod {
  @Override
  public String name() {
    return "sub-moe";
  }

  @Override
  public String description() {
    return "clusters of experts with similar outputs for the same token, untruncated";
  }

  @Override
  public String source() {
    return "Sub-MoE, arXiv 2506.23266";
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
    return Clusters.of(candidates, count, Linkage.AVERAGE, sample::meanDistance);
  }
}
