package io.moetool.runtime.run;

import io.moetool.runtime.text.SequenceData;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Some of the tokens of some data, ordered by sequence and position: a fixed choice that depends on
 * the lengths and domains of the sequences alone.
 */
public final class TokenSample {
  /** The fractional part of the golden ratio: multiples of it are spread evenly over [0, 1). */
  private static final double GOLDEN = 0.6180339887498949;

  private final int[] offsets;
  private final int[] positions;

  private TokenSample(int[] offsets, int[] positions) {
    this.offsets = offsets;
    this.positions = positions;
  }

  /**
   * At most {@code limit} tokens, evenly from all data. The tokens of one domain after the other
   * are laid in a row, which is cut into {@code limit} equal stretches; one token of each is taken.
   * Where in its stretch it lies moves on by the golden ratio, so that sequences of equal lengths
   * are not all looked at in the same places.
   */
  public static TokenSample evenly(SequenceData data, int limit) {
    if (limit < 1) {
      throw new IllegalArgumentException("a sample of %d tokens".formatted(limit));
    }
    List<BitSet> taken = new ArrayList<>();
    data.sequences().forEach(sequence -> taken.add(new BitSet(sequence.length())));
    long tokens = data.tokens();
    int count = Math.toIntExact(Math.min(limit, tokens));
    long start = 0;
    int next = 0;
    for (String domain : data.domains()) {
      for (int i = 0; i < taken.size(); i++) {
        if (data.sequences().get(i).domain().equals(domain)) {
          long end = start + data.sequences().get(i).length();
          for (; next < count && place(next, count, tokens) < end; next++) {
            taken.get(i).set(Math.toIntExact(place(next, count, tokens) - start));
          }
          start = end;
        }
      }
    }
    return of(taken);
  }

  /** Where in the row the token of a stretch lies. */
  private static long place(int stretch, int count, long tokens) {
    long from = Math.multiplyExact(stretch, tokens) / count;
    long to = Math.multiplyExact(stretch + 1L, tokens) / count;
    double within = stretch * GOLDEN;
    return from + (long) ((within - Math.floor(within)) * (to - from));
  }

  private static TokenSample of(List<BitSet> taken) {
    int[] offsets = new int[taken.size() + 1];
    for (int i = 0; i < taken.size(); i++) {
      offsets[i + 1] = offsets[i] + taken.get(i).cardinality();
    }
    int[] positions =
        taken.stream().flatMapToInt(BitSet::stream).limit(offsets[taken.size()]).toArray();
    return new TokenSample(offsets, positions);
  }

  /** Number of tokens. */
  public int tokens() {
    return positions.length;
  }

  /** Number of sequences in the data, with or without a token here. */
  public int sequences() {
    return offsets.length - 1;
  }

  /** Index of the first token of a sequence; of the number of sequences, the number of tokens. */
  public int from(int sequence) {
    return offsets[sequence];
  }

  /** Where in its sequence a token stands. */
  public int position(int token) {
    return positions[token];
  }
}
