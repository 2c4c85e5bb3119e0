package io.moetool.runtime.run;

import io.moetool.formats.family.Architecture;
import io.moetool.kernels.FloatMatrix;
import io.moetool.kernels.IntMatrix;
import java.lang.foreign.Arena;

/** What router and experts of a layer see of the tokens of a sample, and what the router says. */
final class SampleRows {
  private final TokenSample sample;
  private final FloatMatrix inputs;
  private final FloatMatrix logits;
  private final FloatMatrix scores;
  private final IntMatrix selected;
  private final FloatMatrix coefficients;

  SampleRows(Arena arena, Architecture architecture, TokenSample sample) {
    this.sample = sample;
    int tokens = sample.tokens();
    int experts = architecture.moe().experts();
    int perToken = architecture.moe().routing().expertsPerToken();
    inputs = FloatMatrix.allocate(arena, tokens, architecture.hidden());
    logits = FloatMatrix.allocate(arena, tokens, experts);
    scores = FloatMatrix.allocate(arena, tokens, experts);
    selected = IntMatrix.allocate(arena, tokens, perToken);
    coefficients = FloatMatrix.allocate(arena, tokens, perToken);
  }

  /** What a sample of so many tokens takes. */
  static long bytes(Architecture architecture, int tokens) {
    long widths =
        architecture.hidden()
            + 2L * architecture.moe().experts()
            + 2L * architecture.moe().routing().expertsPerToken();
    return (long) Float.BYTES * tokens * widths;
  }

  /** Copies the tokens of one sequence, before its experts are run. */
  void take(int sequence, TileBuffers rows) {
    for (int token = sample.from(sequence); token < sample.from(sequence + 1); token++) {
      int position = sample.position(token);
      inputs.copyRowFrom(token, rows.normed(), position);
      logits.copyRowFrom(token, rows.logits(), position);
      scores.copyRowFrom(token, rows.scores(), position);
      selected.copyRowFrom(token, rows.selected(), position);
      coefficients.copyRowFrom(token, rows.weights(), position);
    }
  }

  TokenSample sample() {
    return sample;
  }

  FloatMatrix inputs() {
    return inputs;
  }

  FloatMatrix logits() {
    return logits;
  }

  FloatMatrix scores() {
    return scores;
  }

  IntMatrix selected() {
    return selected;
  }

  FloatMatrix coefficients() {
    return coefficients;
  }
}
