package io.moetool.analyzers.redundancy;

import io.moetool.analyzers.statistics.ExpertStatistic;
import io.moetool.analyzers.statistics.LayerSample;
import io.moetool.analyzers.statistics.LayerStatistics;
import io.moetool.analyzers.statistics.SampleStatistic;
import io.moetool.analyzers.statistics.SumMatrix;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What is lost if groups of experts yield their mean output: Σ_e p_e ‖f_e - f̄‖² within groups, as
 * a share of Σ_e p_e ‖f_e‖², with p the coefficients that experts received and f̄ = Σ p f / Σ p.
 * From inner products of outputs, Σ_e p_e ‖f_e - f̄‖² = Σ_e p_e f_e·f_e - Σ_ij p_i p_j f_i·f_j / Σ
 * p.
 */
final class MergingCost {
  private final SumMatrix.PairValue products;
  private final double[] weights;

  private MergingCost(SumMatrix.PairValue products, double[] weights) {
    this.products = products;
    this.weights = weights;
  }

  /** The share that is lost after every join, from none on. */
  static List<Double> along(Dendrogram dendrogram, LayerSample sample, LayerStatistics routed) {
    return along(
        dendrogram,
        sample.matrix(SampleStatistic.OGRAM)::get,
        routed.overall().toArray(ExpertStatistic.GSUM));
  }

  static List<Double> along(Dendrogram dendrogram, SumMatrix.PairValue products, double[] weights) {
    return new MergingCost(products, weights).along(dendrogram);
  }

  private List<Double> along(Dendrogram dendrogram) {
    Map<Integer, List<Integer>> groups = new HashMap<>();
    double energy = 0;
    for (int expert = 0; expert < weights.length; expert++) {
      groups.put(expert, List.of(expert));
      energy += weights[expert] * products.of(expert, expert);
    }
    List<Double> costs = new ArrayList<>();
    costs.add(0.0);
    double lost = 0;
    for (Dendrogram.Join join : dendrogram.joins()) {
      List<Integer> first = groups.getOrDefault(join.first(), List.of());
      List<Integer> second = groups.getOrDefault(join.second(), List.of());
      List<Integer> both = new ArrayList<>(first);
      both.addAll(second);
      lost += within(both) - within(first) - within(second);
      groups.put(join.first(), both);
      costs.add(energy == 0 ? 0 : Math.max(0, lost) / energy);
    }
    return costs;
  }

  private double within(List<Integer> group) {
    double total = 0;
    double own = 0;
    double mean = 0;
    for (int i : group) {
      total += weights[i];
      own += weights[i] * products.of(i, i);
      for (int j : group) {
        mean += weights[i] * weights[j] * products.of(i, j);
      }
    }
    return total == 0 ? 0 : Math.max(0, own - mean / total);
  }
}
