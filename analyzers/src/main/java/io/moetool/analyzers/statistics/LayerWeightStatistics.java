package io.moetool.analyzers.statistics;

import io.moetool.formats.BadInputException;
import java.util.Map;
import java.util.Optional;

/** What the weights of one layer with experts tell without any data. */
public final class LayerWeightStatistics {
  private final int layer;
  private final Map<WeightStatistic, double[]> values;
  private final SumMatrix routerGram;
  private final SumMatrix weightGram;
  private final Optional<double[]> baseRouterNorms;

  /** Takes over one array of E values for every statistic. */
  LayerWeightStatistics(
      int layer,
      Map<WeightStatistic, double[]> values,
      SumMatrix routerGram,
      SumMatrix weightGram) {
    this(layer, values, routerGram, weightGram, Optional.empty());
  }

  private LayerWeightStatistics(
      int layer,
      Map<WeightStatistic, double[]> values,
      SumMatrix routerGram,
      SumMatrix weightGram,
      Optional<double[]> baseRouterNorms) {
    this.weightGram = weightGram;
    this.layer = layer;
    this.values = values;
    this.routerGram = routerGram;
    this.baseRouterNorms = baseRouterNorms;
  }

  /** The same beside the lengths of the base's router rows, {@code [E]}, which it takes over. */
  LayerWeightStatistics withBase(double[] norms) {
    return new LayerWeightStatistics(layer, values, routerGram, weightGram, Optional.of(norms));
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

  /** Lengths of the base's router rows, {@code [E]}, if there is a base; not to be changed. */
  Optional<double[]> baseRouterNorms() {
    return baseRouterNorms;
  }

  /**
   * How much longer each expert's row in the router has become since the base, {@code [E]}; below
   * zero if it is shorter (arXiv 2405.16646).
   *
   * @throws BadInputException if there is no base
   */
  public double[] routerNormChange() {
    double[] base =
        baseRouterNorms.orElseThrow(() ->
            new BadInputException(
                "layer " + layer,
                "the routers were compared with no base",
                "analyze the model with --base, naming the checkpoint it was trained from"));
    double[] change = new double[base.length];
    for (int expert = 0; expert < change.length; expert++) {
      change[expert] = routerNorm(expert) - base[expert];
    }
    return change;
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
