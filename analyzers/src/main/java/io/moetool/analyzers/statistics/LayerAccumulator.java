package io.moetool.analyzers.statistics;

import io.moetool.formats.BadInputException;
import io.moetool.kernels.ColumnSums;
import io.moetool.kernels.Gram;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The sums of one layer while they grow, sequence after sequence. */
final class LayerAccumulator {
  private final MeasuredModel model;
  private final int layer;
  private final List<ExpertSums> byDomain = new ArrayList<>();
  private final long[] tokens;
  private final Gram logitProducts;
  private final PairSums moves;
  private final double[] coselected;
  private final SkippedSums skipped = new SkippedSums();
  private final Peaks peaks;
  private final Map<Integer, ColumnSums> outputs;
  private int lastSequence = -1;

  LayerAccumulator(MeasuredModel model, int layer, int domains) {
    this.model = model;
    this.layer = layer;
    tokens = new long[domains];
    for (int domain = 0; domain < domains; domain++) {
      byDomain.add(new ExpertSums(model.experts()));
    }
    logitProducts = new Gram(model.experts());
    moves = new PairSums(model.experts());
    coselected = new double[Math.multiplyExact(model.experts(), model.experts())];
    outputs = new TreeMap<>();
    peaks = new Peaks(model.experts());
  }

  void add(int sequence, int domain, SequenceSums partial) {
    if (sequence <= lastSequence) {
      throw new IllegalStateException(
          "layer %d: sequence %d comes after %d, but the order is part of the result"
              .formatted(layer, sequence, lastSequence));
    }
    lastSequence = sequence;
    requireFinite(sequence, partial.sums());
    byDomain.get(domain).add(partial.sums());
    tokens[domain] += partial.selected().length;
    logitProducts.add(partial.logitProducts());
    moves.add(partial.moves());
    skipped.add(partial.skipped());
    peaks.add(partial.peaks());
    partial
        .outputs()
        .forEach((expert, sums) ->
            outputs.computeIfAbsent(expert, e -> new ColumnSums(model.hidden())).add(sums));
    for (int[] chosen : partial.selected()) {
      for (int i : chosen) {
        for (int j : chosen) {
          coselected[i * model.experts() + j]++;
        }
      }
    }
  }

  /** Whether it has seen the last of that many sequences. */
  boolean hasSeen(int sequences) {
    return lastSequence == sequences - 1;
  }

  /** Largest values so far. */
  Peaks peaks() {
    return peaks;
  }

  LayerStatistics finish() {
    int experts = model.experts();
    double[] gram = new double[experts * experts];
    for (int i = 0; i < experts; i++) {
      for (int j = 0; j < experts; j++) {
        gram[i * experts + j] = logitProducts.get(i, j);
      }
    }
    double[] sums = new double[Math.multiplyExact(experts, model.hidden())];
    outputs.forEach((expert, columns) ->
        System.arraycopy(columns.toArray(), 0, sums, expert * model.hidden(), model.hidden()));
    outputs.clear();
    Map<MatrixStatistic, SumMatrix> matrices = new EnumMap<>(MatrixStatistic.class);
    matrices.put(MatrixStatistic.COACT, SumMatrix.over(experts, experts, coselected));
    matrices.put(MatrixStatistic.ZGRAM, SumMatrix.over(experts, experts, gram));
    matrices.put(MatrixStatistic.FSUM, SumMatrix.over(experts, model.hidden(), sums));
    matrices.put(MatrixStatistic.MOVES, moves.toMatrix());
    matrices.put(MatrixStatistic.SKIPPED, skipped.toMatrix());
    matrices.put(MatrixStatistic.PEAKS, peaks.toMatrix());
    return new LayerStatistics(layer, Arrays.stream(tokens).boxed().toList(), byDomain, matrices);
  }

  private void requireFinite(int sequence, ExpertSums sums) {
    for (ExpertStatistic statistic : ExpertStatistic.values()) {
      for (int expert = 0; expert < sums.experts(); expert++) {
        double value = sums.get(statistic, expert);
        if (!Double.isFinite(value)) {
          throw new BadInputException(
              "layer %d, expert %d, sequence %d".formatted(layer, expert, sequence),
              "the sum '%s' is %s".formatted(statistic.key(), value),
              "the weights of this expert or of a layer before hold NaN or infinite values,"
                  + " or its outputs exceed float32: download the checkpoint again");
        }
      }
    }
  }
}
