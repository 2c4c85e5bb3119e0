package io.moetool.transforms.group;

import io.moetool.analyzers.saliency.LayerMeasurements;
import io.moetool.analyzers.statistics.SumMatrix;
import io.moetool.kernels.HierarchicalClustering.Linkage;
import java.util.Arrays;
import java.util.List;

/**
 * The structured stage of STUN (arXiv 2409.06211): experts whose rows in the router are near each
 * other, no two in a group farther apart than those that are joined last; all members count alike.
 * Needs no data.
 *
 * <p>The published code joins greedily within a threshold, which depends on the order of the
 * experts; complete linkage is the same bound without that. Its groups differ in number by layer,
 * here they do not, and members are averaged in all layers, not only where few groups are left. How
 * often experts are chosen together does not count.
 */
final class RouterRowGroups implements GroupingMethod {
  @Override
  public String name() {
    return "stun";
  }

  @Override
  public String description() {
    return "clusters of experts with near rows in the router; needs no data";
  }

  @Override
  public String source() {
    return "STUN, arXiv 2409.06211";
  }

  @Override
  public boolean needsData() {
    return false;
  }

  @Override
  public boolean needsWeights() {
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
    SumMatrix products = layer.requireWeights().routerGram();
    return groups(candidates, count, products::get);
  }

  /** Groups from the inner products of rows. */
  static List<List<Integer>> groups(
      List<Integer> candidates, int count, Clusters.Distance products) {
    return Clusters.of(
        candidates,
        count,
        Linkage.COMPLETE,
        (a, b) ->
            Math.sqrt(
                Math.max(
                    0,
                    products.between(a, a) + products.between(b, b) - 2 * products.between(a, b))));
  }
}
