package io.moetool.runtime.run;

import io.moetool.formats.TensorView;
import io.moetool.kernels.ElementDecoder;
import io.moetool.kernels.FloatMatrix;
import io.moetool.runtime.text.SequenceData;
import io.moetool.runtime.text.TokenSequence;
import java.lang.foreign.Arena;

/**
 * The hidden state of every token of the data, sequences one after the other, {@code [tokens, H]}.
 */
final class HiddenStates {
  private final SequenceData data;
  private final FloatMatrix values;
  private final int[] offsets;

  HiddenStates(Arena arena, SequenceData data, int hidden) {
    this.data = data;
    this.values = FloatMatrix.allocate(arena, Math.toIntExact(data.tokens()), hidden);
    this.offsets = new int[data.sequences().size() + 1];
    for (int i = 0; i < data.sequences().size(); i++) {
      offsets[i + 1] = offsets[i] + data.sequences().get(i).length();
    }
  }

  /** Rows of one sequence, {@code [length, H]}. */
  FloatMatrix of(int sequence) {
    return values.rows(offsets[sequence], offsets[sequence + 1]);
  }

  /** First row of a sequence. */
  int offset(int sequence) {
    return offsets[sequence];
  }

  /** Fills in the embeddings of one sequence, times {@code scale}. */
  void embed(int sequence, TensorView embedding, double scale) {
    TokenSequence tokens = data.sequences().get(sequence);
    FloatMatrix rows = of(sequence);
    for (int position = 0; position < tokens.length(); position++) {
      ElementDecoder.decode(
          embedding.dtype(), embedding.slice(tokens.token(position)), rows.row(position));
    }
    if (scale != 1) {
      for (int position = 0; position < rows.rows(); position++) {
        for (int column = 0; column < rows.columns(); column++) {
          rows.set(position, column, rows.get(position, column) * (float) scale);
        }
      }
    }
  }
}
