package io.moetool.analyzers.statistics;

import io.moetool.analyzers.reconstruction.LossCurve;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/** What running every expert of one layer on a sample of tokens showed. */
public final class LayerSample {
  private final int layer;
  private final SampleExtent extent;
  private final Map<SampleStatistic, SumMatrix> values;

  /**
   * Takes over matrices; statistics of one number an expert or size are matrices of one row.
   *
   * @param values of what is no sum only if the sample is of one pass
   */
  LayerSample(int layer, SampleExtent extent, Map<SampleStatistic, SumMatrix> values) {
    this.layer = layer;
    this.extent = extent;
    this.values = Collections.unmodifiableMap(new EnumMap<>(values));
  }

  /** Index of the layer in the model. */
  public int layer() {
    return layer;
  }

  /** Number of experts, E. */
  public int experts() {
    return matrix(SampleStatistic.CA).rows();
  }

  /** How many tokens this is known of. */
  public SampleExtent extent() {
    return extent;
  }

  /**
   * One of the statistics, as sums; those of one number an expert or size are matrices of one row.
   *
   * @throws IllegalArgumentException if it is no sum and these are of several passes
   */
  public SumMatrix matrix(SampleStatistic statistic) {
    SumMatrix matrix = values.get(statistic);
    if (matrix == null) {
      throw new IllegalArgumentException("layer %d has no %s".formatted(layer, statistic.key()));
    }
    return matrix;
  }

  /** Mean of 1 - cos of the outputs of two experts on the same token, {@code [E, E]}. */
  public double meanDistance(int i, int j) {
    return matrix(SampleStatistic.COSD).get(i, j) / extent.tokens();
  }

  /** Linear CKA of the outputs of two experts; nothing if several passes were added. */
  public Optional<SumMatrix> cka() {
    return Optional.ofNullable(values.get(SampleStatistic.CKA));
  }

  /**
   * What an expert's absence alone does to what the routed experts add: the mean over tokens and
   * components of (o - o')².
   */
  public double meanSquaredErrorWithout(int expert) {
    return matrix(SampleStatistic.LOO).get(0, expert)
        / ((double) extent.lossTokens() * matrix(SampleStatistic.CA).columns());
  }

  /**
   * How the loss grows as experts are taken away: the best sets where all were tried, otherwise one
   * expert after the other. Nothing if several passes were added.
   */
  public Optional<LossCurve> lossCurve() {
    return extent.setTokens() > 0 ? subsets() : elimination();
  }

  /** How the loss grows if the expert that is missed least goes first, again and again. */
  public Optional<LossCurve> elimination() {
    return extent.ofOnePass()
        ? Optional.of(
            LossCurve.ofSteps(
                row(SampleStatistic.STEP),
                row(SampleStatistic.STEP_LOSS),
                matrix(SampleStatistic.ENERGY).get(0, 0)))
        : Optional.empty();
  }

  /** The loss of the best set of every size; nothing where there are too many sets to try. */
  public Optional<LossCurve> subsets() {
    return extent.setTokens() > 0
        ? Optional.of(
            LossCurve.ofSets(
                experts(),
                row(SampleStatistic.SUBSET),
                row(SampleStatistic.SUBSET_LOSS),
                matrix(SampleStatistic.SUBSET_ENERGY).get(0, 0)))
        : Optional.empty();
  }

  private double[] row(SampleStatistic statistic) {
    return matrix(statistic).values();
  }

  /** These sums and those of a further sample; what is no sum is lost. */
  LayerSample plus(LayerSample other) {
    Map<SampleStatistic, SumMatrix> sums = new EnumMap<>(SampleStatistic.class);
    values.forEach((statistic, matrix) -> {
      if (statistic.isAdditive()) {
        sums.put(statistic, matrix.plus(other.matrix(statistic)));
      }
    });
    return new LayerSample(layer, extent.plus(other.extent), sums);
  }
}
