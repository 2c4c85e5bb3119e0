package io.moetool.transforms.group;

import io.moetool.analyzers.saliency.LayerMeasurements;
import io.moetool.analyzers.statistics.SumMatrix;
import io.moetool.formats.BadInputException;
import io.moetool.kernels.HierarchicalClustering.Linkage;
import java.util.Arrays;
import java.util.List;

/**
 * Diversifying the expert knowledge (arXiv 2407.09590): experts whose outputs on the same tokens
 * have the highest linear CKA become one, joined by average linkage; all members count alike.
 *
 * <p>The published method averages router rows as well, which is for the plan to say; mean weights
 * stand for those that it learns.
 */
final class KernelAlignmentGroups implements GroupingMethod {
  @Override
  public String name() {
    return "diversifying";
  }

  @Override
  public String description() {
    return "clusters of experts whose outputs have the highest CKA; members count alike";
  }

  @Override
  public String source() {
    return "Diversifying the Expert Knowledge, arXiv 2407.09590";
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
    double[] scores = new double[layer.experts()];
    Arrays.fill(scores, 1);
    return scores;
  }

  @Override
  public List<List<Integer>> groups(LayerMeasurements layer, List<Integer> candidates, int count) {
    SumMatrix cka =
        layer
            .requireSample()
            .cka()
            .orElseThrow(() ->
                new BadInputException(
                    "layer " + layer.layer(),
                    "statistics of several passes were added up, and CKA is no sum",
                    "analyze all data in one pass, or choose another method"));
    return Clusters.of(candidates, count, Linkage.AVERAGE, (a, b) -> 1 - cka.get(a, b));
  }
}
