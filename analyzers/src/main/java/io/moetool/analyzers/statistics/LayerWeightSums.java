package io.moetool.analyzers.statistics;

import io.moetool.formats.BadInputException;
import io.moetool.kernels.FloatMatrix;
import io.moetool.kernels.RowNorms;
import io.moetool.runtime.run.WorkPool;
import java.lang.foreign.Arena;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.IntFunction;

/** Puts together what the weights of one layer tell, from sums over each of its experts. */
final class LayerWeightSums {
  private final WorkPool pool;
  private final int experts;

  LayerWeightSums(WorkPool pool, int experts) {
    this.pool = pool;
    this.experts = experts;
  }

  /**
   * The statistics of a layer.
   *
   * @param read sums over one expert; asked from any thread
   */
  LayerWeightStatistics of(int layer, IntFunction<ExpertWeightSums> read, SumMatrix routerGram) {
    Map<WeightStatistic, double[]> values = new EnumMap<>(WeightStatistic.class);
    for (WeightStatistic statistic : WeightStatistic.values()) {
      values.put(statistic, new double[experts]);
    }
    try (Arena arena = Arena.ofShared()) {
      FloatMatrix folded = FloatMatrix.allocate(arena, experts, FoldedWeights.LENGTH);
      pool.forEach(
          experts,
          expert -> {
            ExpertWeightSums sums = read.apply(expert);
            folded.setRow(expert, sums.folded().toArray());
            values.forEach((statistic, array) -> array[expert] = sums.get(statistic));
          });
      return new LayerWeightStatistics(layer, values, routerGram, products(folded));
    }
  }

  private SumMatrix products(FloatMatrix rows) {
    double[] products = new double[experts * experts];
    pool.forEach(
        experts,
        i -> {
          for (int j = 0; j <= i; j++) {
            double product = RowNorms.dot(rows.row(i), rows.row(j));
            products[i * experts + j] = product;
            products[j * experts + i] = product;
          }
        });
    return SumMatrix.over(experts, experts, products);
  }

  /**
   * Inner products of a router's rows.
   *
   * @param where file of the tensor, for messages
   * @param name the tensor
   * @param router {@code [E, H]}
   * @throws BadInputException if it holds NaN or infinite values
   */
  SumMatrix routerGram(String where, String name, FloatMatrix router) {
    double[] products = new double[experts * experts];
    for (int i = 0; i < experts; i++) {
      for (int j = 0; j < experts; j++) {
        double product = RowNorms.dot(router.row(i), router.row(j));
        if (!Double.isFinite(product)) {
          throw new BadInputException(
              "%s: tensor %s, expert %d".formatted(where, name, i),
              "the router's row holds NaN or infinite values",
              "download the checkpoint again");
        }
        products[i * experts + j] = product;
      }
    }
    return SumMatrix.over(experts, experts, products);
  }
}
