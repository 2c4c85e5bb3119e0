package io.moetool.runtime.run;

import io.moetool.formats.TensorView;
import io.moetool.formats.publish.MappedPages;
import io.moetool.kernels.ElementDecoder;
import io.moetool.kernels.FloatMatrix;
import java.util.List;

/**
 * The hidden state of every token that a stack of layers works on, sequences one after the other,
 * {@code [tokens, H]}.
 */
final class HiddenStates {
  private final List<int[]> sequences;
  private final FloatMatrix values;
  private final int[] offsets;

  /**
   * States that fill a matrix.
   *
   * @param values {@code [tokens, H]}, in memory or mapped from a file
   * @param sequences token ids, one array a sequence; not copied
   */
  HiddenStates(FloatMatrix values, List<int[]> sequences) {
    this.values = values;
    this.sequences = List.copyOf(sequences);
    this.offsets = new int[sequences.size() + 1];
    for (int i = 0; i < sequences.size(); i++) {
      offsets[i + 1] = Math.addExact(offsets[i], sequences.get(i).length);
    }
  }

  /** Number of sequences. */
  int sequences() {
    return sequences.size();
  }

  /** Tokens of one sequence. */
  int length(int sequence) {
    return sequences.get(sequence).length;
  }

  /** Tokens of the longest sequence. */
  int longest() {
    return sequences.stream().mapToInt(tokens -> tokens.length).max().orElse(0);
  }

  /** Rows of one sequence, {@code [length, H]}. */
  FloatMatrix of(int sequence) {
    return values.rows(offsets[sequence], offsets[sequence + 1]);
  }

  /** Gives back the memory of sequences {@code from .. to - 1} if a file holds them. */
  void release(int from, int to) {
    MappedPages.release(values.rows(offsets[from], offsets[to]).segment());
  }

  /** First row of a sequence; of the number of sequences, the number of rows. */
  int offset(int sequence) {
    return offsets[sequence];
  }

  /** Fills in the embeddings of one sequence, times {@code scale}. */
  void embed(int sequence, TensorView embedding, double scale) {
    int[] tokens = sequences.get(sequence);
    FloatMatrix rows = of(sequence);
    for (int position = 0; position < tokens.length; position++) {
      ElementDecoder.decode(
          embedding.dtype(), embedding.slice(tokens[position]), rows.row(position));
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
