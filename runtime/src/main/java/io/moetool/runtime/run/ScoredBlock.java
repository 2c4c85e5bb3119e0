package io.moetool.runtime.run;

import io.moetool.runtime.text.TokenSequence;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Tokens of a sequence whose logits are in memory together. A vocabulary of 150,000 takes 600 kB a
 * token, so a block holds few of them, whatever the length of the sequence. It holds two at least:
 * a product of one row takes another path in ONNX Runtime with other rounding.
 *
 * @param from first token
 * @param to one past the last token
 */
record ScoredBlock(int from, int to) {
  /** Tokens of a block at most. */
  static final int MAX_ROWS = 256;

  /** Blocks of nearly equal length, in token order; none where nothing is predicted. */
  static List<ScoredBlock> of(TokenSequence sequence) {
    if (sequence.predicted() == 0) {
      return List.of();
    }
    return between(0, sequence.predicted() + 1);
  }

  /** Blocks of nearly equal length, in token order; none where there is no token. */
  static List<ScoredBlock> between(int from, int to) {
    int length = to - from;
    int count = Math.ceilDiv(length, MAX_ROWS);
    return IntStream.range(0, count)
        .mapToObj(i ->
            new ScoredBlock(
                from + Math.toIntExact((long) i * length / count),
                from + Math.toIntExact((i + 1L) * length / count)))
        .toList();
  }

  int rows() {
    return to - from;
  }

  /** What follows each token; after the last of the sequence, where nothing does, token 0. */
  long[] targets(TokenSequence sequence) {
    return IntStream.range(from, to)
        .mapToLong(position -> position < sequence.predicted() ? sequence.token(position + 1) : 0)
        .toArray();
  }

  /** Tokens of the block that something follows. */
  int predicted(TokenSequence sequence) {
    return Math.min(to, sequence.predicted()) - from;
  }
}
