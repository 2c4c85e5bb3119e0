package io.moetool.analyzers.report;

import io.moetool.analyzers.Analysis;
import io.moetool.analyzers.redundancy.ExpertSimilarity;
import io.moetool.analyzers.redundancy.LayerRedundancy;
import io.moetool.analyzers.statistics.LayerSample;
import io.moetool.analyzers.statistics.LayerStatistics;
import io.moetool.analyzers.statistics.LayerWeightStatistics;
import io.moetool.analyzers.statistics.MatrixStatistic;
import io.moetool.analyzers.statistics.Statistics;
import io.moetool.analyzers.statistics.SumMatrix;
import java.util.List;
import java.util.Optional;

/**
 * How alike the experts of each layer are: of outputs where a sample was taken, of router logits
 * where there is data, of router rows otherwise. Large matrices are shown in blocks, each with its
 * most similar pair.
 *
 * @param kind what the cosines are of
 * @param size rows of the shown matrix
 * @param block experts per row
 * @param low similarity of byte 1
 * @param high similarity of byte 255
 * @param values packed bytes, by layer the upper triangle with the diagonal; 0 where a block holds
 *     no pair
 * @param closest the most similar pairs by layer
 */
record PackedSimilarity(
    String kind,
    int size,
    int block,
    double low,
    double high,
    String values,
    List<List<ExpertSimilarity.Pair>> closest) {
  /** Bytes that all matrices together may take. */
  private static final long BUDGET = 500_000;

  private static final int STEPS = 254;

  static Optional<PackedSimilarity> of(Analysis analysis, Statistics statistics) {
    List<LayerRedundancy> found = analysis.redundancy().layers();
    if (statistics.sampled().isPresent()) {
      return Optional.of(
          of(
              "outputs for the same token",
              analysis.model().experts(),
              statistics.sampled().get().layers().stream()
                  .map((LayerSample layer) ->
                      (SumMatrix.PairValue) (i, j) -> 1 - layer.meanDistance(i, j))
                  .toList(),
              found.stream().flatMap(layer -> layer.outputs().stream()).toList()));
    }
    if (statistics.routed().isPresent()) {
      return Optional.of(
          of(
              "router logits over all tokens",
              analysis.model().experts(),
              statistics.routed().get().layers().stream()
                  .map((LayerStatistics layer) ->
                      (SumMatrix.PairValue) layer.matrix(MatrixStatistic.ZGRAM)::cosine)
                  .toList(),
              found.stream().flatMap(layer -> layer.routerLogits().stream()).toList()));
    }
    return statistics
        .weights()
        .map(weights ->
            of(
                "rows of the router",
                analysis.model().experts(),
                weights.layers().stream()
                    .map((LayerWeightStatistics layer) ->
                        (SumMatrix.PairValue) layer.routerGram()::cosine)
                    .toList(),
                found.stream().flatMap(layer -> layer.routerRows().stream()).toList()));
  }

  private static PackedSimilarity of(
      String kind,
      int experts,
      List<SumMatrix.PairValue> layers,
      List<ExpertSimilarity> similarities) {
    int block = block(layers.size(), experts);
    int size = Math.ceilDiv(experts, block);
    double[][] blocks =
        layers.stream()
            .map(similarity -> blocks(similarity, experts, block, size))
            .toArray(double[][]::new);
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (double[] layer : blocks) {
      for (double value : layer) {
        low = Double.isNaN(value) ? low : Math.min(low, value);
        high = Double.isNaN(value) ? high : Math.max(high, value);
      }
    }
    return new PackedSimilarity(
        kind,
        size,
        block,
        low > high ? 0 : low,
        low > high ? 0 : high,
        PackedNumbers.bytes(bytes(blocks, low, high)),
        similarities.stream().map(ExpertSimilarity::closest).toList());
  }

  /** The smallest number of experts per row with which all layers fit. */
  private static int block(int layers, int experts) {
    int block = 1;
    while (triangle(Math.ceilDiv(experts, block)) * layers > BUDGET) {
      block++;
    }
    return block;
  }

  private static long triangle(long size) {
    return size * (size + 1) / 2;
  }

  /**
   * Largest cosine of two different experts in each block of the upper triangle; NaN if there is
   * none.
   */
  private static double[] blocks(SumMatrix.PairValue similarity, int experts, int block, int size) {
    double[] largest = new double[Math.toIntExact(triangle(size))];
    int at = 0;
    for (int row = 0; row < size; row++) {
      for (int column = row; column < size; column++) {
        largest[at++] = largest(similarity, experts, row * block, column * block, block);
      }
    }
    return largest;
  }

  private static double largest(
      SumMatrix.PairValue similarity, int experts, int fromRow, int fromColumn, int block) {
    double largest = Double.NaN;
    for (int i = fromRow; i < Math.min(experts, fromRow + block); i++) {
      for (int j = Math.max(i + 1, fromColumn); j < Math.min(experts, fromColumn + block); j++) {
        double cosine = similarity.of(i, j);
        largest = Double.isNaN(largest) ? cosine : Math.max(largest, cosine);
      }
    }
    return largest;
  }

  private static byte[] bytes(double[][] blocks, double low, double high) {
    byte[] bytes = new byte[blocks.length * blocks[0].length];
    int at = 0;
    for (double[] layer : blocks) {
      for (double value : layer) {
        double share = high > low ? (value - low) / (high - low) : 0;
        bytes[at++] = Double.isNaN(value) ? 0 : (byte) (1 + Math.round(share * STEPS));
      }
    }
    return bytes;
  }
}
