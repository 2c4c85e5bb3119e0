package io.moetool.runtime.run;

import io.moetool.formats.family.Architecture;
import io.moetool.kernels.FloatMatrix;
import io.moetool.kernels.IntMatrix;
import java.lang.foreign.Arena;
import java.util.Optional;

/**
 * Memory for one tile: as many whole sequences as go through a layer together. H hidden size, E
 * experts, K experts per token.
 */
final class TileBuffers {
  /** Expert outputs of a tile take at most this many bytes, unless one sequence needs more. */
  private static final long EXPERT_OUTPUT_BYTES = 512L << 20;

  private final FloatMatrix attended;
  private final FloatMatrix normed;
  private final FloatMatrix logits;
  private final FloatMatrix scores;
  private final FloatMatrix weights;
  private final IntMatrix selected;
  private final FloatMatrix expertOutputs;
  private final Optional<FloatMatrix> shared;
  private final int perToken;

  /** Buffers for {@code rows} tokens. */
  TileBuffers(Arena arena, Architecture architecture, int rows) {
    int hidden = architecture.hidden();
    int experts = architecture.moe().experts();
    perToken = architecture.moe().routing().expertsPerToken();
    attended = FloatMatrix.allocate(arena, rows, hidden);
    normed = FloatMatrix.allocate(arena, rows, hidden);
    logits = FloatMatrix.allocate(arena, rows, experts);
    scores = FloatMatrix.allocate(arena, rows, experts);
    weights = FloatMatrix.allocate(arena, rows, perToken);
    selected = IntMatrix.allocate(arena, rows, perToken);
    expertOutputs = FloatMatrix.allocate(arena, Math.multiplyExact(rows, perToken), hidden);
    shared = architecture.moe().shared().map(_ -> FloatMatrix.allocate(arena, rows, hidden));
  }

  /** What a token takes. */
  static long bytes(Architecture architecture) {
    int perToken = architecture.moe().routing().expertsPerToken();
    long widths =
        2L * architecture.hidden()
            + 2L * architecture.moe().experts()
            + 2L * perToken
            + (long) perToken * architecture.hidden()
            + (architecture.moe().shared().isPresent() ? architecture.hidden() : 0);
    return Float.BYTES * widths;
  }

  /** Tokens that fit into a tile. */
  static int rows(Architecture architecture, int longestSequence, long allTokens) {
    long perRow = 4L * architecture.hidden() * architecture.moe().routing().expertsPerToken();
    long fitting = Math.min(EXPERT_OUTPUT_BYTES / perRow, allTokens);
    return Math.toIntExact(Math.max(longestSequence, fitting));
  }

  /** Views of the first {@code rows} rows or of a range. */
  TileBuffers rows(int from, int to) {
    return new TileBuffers(this, from, to);
  }

  private TileBuffers(TileBuffers whole, int from, int to) {
    perToken = whole.perToken;
    attended = whole.attended.rows(from, to);
    normed = whole.normed.rows(from, to);
    logits = whole.logits.rows(from, to);
    scores = whole.scores.rows(from, to);
    weights = whole.weights.rows(from, to);
    selected = whole.selected.rows(from, to);
    expertOutputs = whole.expertOutputs.rows(from * perToken, to * perToken);
    shared = whole.shared.map(rows -> rows.rows(from, to));
  }

  /** Hidden state after attention, {@code [rows, H]}. */
  FloatMatrix attended() {
    return attended;
  }

  /** Input of router and experts, {@code [rows, H]}. */
  FloatMatrix normed() {
    return normed;
  }

  /** Router logits, {@code [rows, E]}. */
  FloatMatrix logits() {
    return logits;
  }

  /** Router scores, {@code [rows, E]}. */
  FloatMatrix scores() {
    return scores;
  }

  /** Coefficients, {@code [rows, K]}. */
  FloatMatrix weights() {
    return weights;
  }

  /** Chosen experts, {@code [rows, K]}. */
  IntMatrix selected() {
    return selected;
  }

  /** Output of the shared expert before its gate, {@code [rows, H]}, where there is one. */
  Optional<FloatMatrix> shared() {
    return shared;
  }

  /** Outputs before the coefficient is applied, {@code [rows * K, H]}. */
  FloatMatrix expertOutputs() {
    return expertOutputs;
  }
}
