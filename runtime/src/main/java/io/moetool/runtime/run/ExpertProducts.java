package io.moetool.runtime.run;

import io.moetool.kernels.FloatMatrix;
import io.moetool.kernels.IntMatrix;
import io.moetool.runtime.graph.Piece;
import io.moetool.runtime.graph.Pieces;
import io.moetool.runtime.ort.OrtGraph;
import io.moetool.runtime.ort.OrtInputs;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;

/**
 * The experts of one layer on the tokens that chose them. Tokens are gathered by expert, so that every
 * expert is one product over all its tokens.
 */
final class ExpertProducts {
  /** Rows of one product: enough to reach the speed of a large one, few enough to share between threads. */
  private static final int MAX_ROWS = 2048;

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
   * @param selected chosen experts, {@code [rows, K]}
   * @param outputs row {@code t * K + k} receives the output of token t's k-th expert
   */
  void compute(WorkPool pool, FloatMatrix x, IntMatrix selected, int experts, FloatMatrix outputs) {
    List<Batch> batches = batches(selected, experts);
    pool.forEach(
        batches.size(), i -> compute(batches.get(i), x, selected.columns(), outputs));
  }

  /** Slots (token times K plus rank) that one expert serves in one product. */
  private record Batch(int expert, List<Integer> slots) {}

  private static List<Batch> batches(IntMatrix selected, int experts) {
    int perToken = selected.columns();
    List<List<Integer>> slots = new ArrayList<>();
    for (int expert = 0; expert < experts; expert++) {
      slots.add(new ArrayList<>());
    }
    for (int token = 0; token < selected.rows(); token++) {
      for (int rank = 0; rank < perToken; rank++) {
        slots.get(selected.get(token, rank)).add(token * perToken + rank);
      }
    }
    List<Batch> batches = new ArrayList<>();
    for (int expert = 0; expert < experts; expert++) {
      List<Integer> all = slots.get(expert);
      for (int from = 0; from < all.size(); from += MAX_ROWS) {
        batches.add(new Batch(expert, all.subList(from, Math.min(all.size(), from + MAX_ROWS))));
      }
    }
    return batches;
  }

  private void compute(Batch batch, FloatMatrix x, int perToken, FloatMatrix outputs) {
    int rows = batch.slots().size();
    // A product of one row takes another path in ONNX Runtime with other rounding; two rows do not.
    int padded = Math.max(rows, 2);
    try (Arena arena = Arena.ofConfined();
        OrtInputs inputs = graph.inputs();
        OrtInputs results = graph.inputs()) {
      FloatMatrix gathered = FloatMatrix.allocate(arena, padded, x.columns());
      FloatMatrix computed = FloatMatrix.allocate(arena, padded, x.columns());
      for (int row = 0; row < rows; row++) {
        gathered.copyRowFrom(row, x, batch.slots().get(row) / perToken);
      }
      weights.ofExpert(batch.expert()).bind(piece, inputs.with(Pieces.HIDDEN, gathered));
      graph.run(inputs, results.with(Pieces.OUTPUT, computed));
      for (int row = 0; row < rows; row++) {
        outputs.copyRowFrom(batch.slots().get(row), computed, row);
      }
    }
  }
}
