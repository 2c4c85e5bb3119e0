package io.moetool.runtime.run;

import io.moetool.kernels.FloatMatrix;
import io.moetool.kernels.GroupByExpert;
import io.moetool.kernels.IntMatrix;
import io.moetool.runtime.graph.Piece;
import io.moetool.runtime.graph.Pieces;
import io.moetool.runtime.ort.OrtGraph;
import io.moetool.runtime.ort.OrtInputs;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The experts of one layer on the tokens that chose them. Tokens are gathered by expert, so that
 * every expert is one product over all its tokens.
 */
final class ExpertProducts {
  /**
   * Rows of one product: enough to reach the speed of a large one, few enough to share between
   * threads.
   */
  static final int MAX_ROWS = 2048;

  private final OrtGraph graph;
  private final Piece piece;
  private final LayerWeights weights;

  ExpertProducts(OrtGraph graph, Piece piece, LayerWeights weights) {
    this.graph = graph;
    this.piece = piece;
    this.weights = weights;
  }

  /**
   * Fills in the output of every chosen expert.
   *
   * @param x inputs, {@code [rows, H]}
   * @param scales what inputs are multiplied by, {@code [rows, K]}, if they are
   * @param selected chosen experts, {@code [rows, K]}
   * @param outputs row {@code t * K + k} receives the output of token t's k-th expert
   */
  void compute(
      WorkPool pool,
      FloatMatrix x,
      Optional<FloatMatrix> scales,
      IntMatrix selected,
      int experts,
      FloatMatrix outputs) {
    GroupByExpert groups = GroupByExpert.of(selected, experts);
    List<Batch> batches = batches(groups);
    pool.forEach(batches.size(), i -> compute(groups, batches.get(i), x, scales, outputs));
  }

  /** Pairs {@code from .. to - 1} of an expert, in one product. */
  private record Batch(int expert, int from, int to) {}

  private static List<Batch> batches(GroupByExpert groups) {
    List<Batch> batches = new ArrayList<>();
    for (int expert = 0; expert < groups.experts(); expert++) {
      int pairs = groups.count(expert);
      for (int from = 0; from < pairs; from += MAX_ROWS) {
        batches.add(new Batch(expert, from, Math.min(pairs, from + MAX_ROWS)));
      }
    }
    return batches;
  }

  private void compute(
      GroupByExpert groups,
      Batch batch,
      FloatMatrix x,
      Optional<FloatMatrix> scales,
      FloatMatrix outputs) {
    int rows = batch.to() - batch.from();
    try (Arena arena = Arena.ofConfined()) {
      FloatMatrix gathered = FloatMatrix.allocate(arena, padded(rows), x.columns());
      FloatMatrix computed = FloatMatrix.allocate(arena, padded(rows), outputs.columns());
      for (int row = 0; row < rows; row++) {
        int pair = batch.from() + row;
        int token = groups.token(batch.expert(), pair);
        gathered.copyRowFrom(row, x, token);
        if (scales.isPresent()) {
          scale(gathered, row, scales.get().get(token, groups.slot(batch.expert(), pair)));
        }
      }
      compute(batch.expert(), arena, gathered, computed);
      for (int row = 0; row < rows; row++) {
        outputs.copyRowFrom(groups.slotRow(batch.expert(), batch.from() + row), computed, row);
      }
    }
  }

  /**
   * One expert on rows it is given, whoever chose it; several threads may ask at once.
   *
   * @param x inputs, {@code [rows, H]}
   * @param outputs receives the results, one row for each of {@code x}
   */
  void compute(int expert, FloatMatrix x, FloatMatrix outputs) {
    for (int from = 0; from < x.rows(); from += MAX_ROWS) {
      int rows = Math.min(x.rows() - from, MAX_ROWS);
      try (Arena arena = Arena.ofConfined()) {
        FloatMatrix given = FloatMatrix.allocate(arena, padded(rows), x.columns());
        FloatMatrix computed = FloatMatrix.allocate(arena, padded(rows), outputs.columns());
        for (int row = 0; row < rows; row++) {
          given.copyRowFrom(row, x, from + row);
        }
        compute(expert, arena, given, computed);
        for (int row = 0; row < rows; row++) {
          outputs.copyRowFrom(from + row, computed, row);
        }
      }
    }
  }

  private void compute(int expert, Arena arena, FloatMatrix x, FloatMatrix computed) {
    try (OrtInputs inputs = graph.inputs();
        OrtInputs results = graph.inputs()) {
      weights.bind(piece, expert, arena, inputs.with(Pieces.HIDDEN, x));
      graph.run(inputs, results.with(Pieces.OUTPUT, computed));
    }
    weights.passed(piece, expert);
  }

  /** A product of one row takes another path in ONNX Runtime with other rounding; two do not. */
  private static int padded(int rows) {
    return Math.max(rows, 2);
  }

  private static void scale(FloatMatrix matrix, int row, float factor) {
    for (int column = 0; column < matrix.columns(); column++) {
      matrix.set(row, column, matrix.get(row, column) * factor);
    }
  }
}
