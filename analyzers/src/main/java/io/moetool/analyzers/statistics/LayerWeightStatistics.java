package io.moetool.analyzers.statistics;

import java.util.Map;

/** What the weights of one layer with experts tell without any data. */
public final class LayerWeightStatistics {
  private final int layer;
  private final Map<WeightStatistic, double[]> values;
  private final SumMatrix routerGram;
  private final SumMatrix weightGram;

  /** Takes over one array of E values for every statistic. */
  LayerWeightStatistics(
      int layer,
      Map<WeightStatistic, double[]> values,
      SumMatrix routerGram,
      SumMatrix weightGram) {
    this.weightGram = weightGram;
    this.layer = layer;
    this.values = values;
    this.routerGram = routerGram;
  }

  /** Index of the layer in the model. */
  public int layer() {
    return layer;
  }

  /** Number of experts, E. */
  public int experts() {
    return routerGram.rows();
  }

  /** One value. */
  public double get(WeightStatistic statistic, int expert) {
    return values(statistic)[expert];
  }

  /** Inner products of the router's rows, {@code [E, E]}. */
  public SumMatrix routerGram() {
    return routerGram;
  }

  /**
   * Inner products of all weights of an expert as one vector, {@code [E, E]}: exact for experts of
   * up to 65,536 weights, otherwise of vectors folded to that length with signs by lot, which puts
   * an error of about 1/256 of the lengths' product on them.
   */
  public SumMatrix weightGram() {
    return weightGram;
  }

  /** Length of an expert's row in the router. */
  public double routerNorm(int expert) {
    return Math.sqrt(routerGram.get(expert, expert));
  }

  /** All values of a statistic, not to be changed. */
  double[] values(WeightStatistic statistic) {
    double[] found = values.get(statistic);
    if (found == null) {
      throw new IllegalArgumentException("layer %d has no %s".formatted(layer, statistic.key()));
    }
    return found;
  }
}
