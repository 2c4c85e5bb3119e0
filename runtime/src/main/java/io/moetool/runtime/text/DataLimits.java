package io.moetool.runtime.text;

/**
 * How much of the data files is read.
 *
 * @param sequenceLength longest sequence, and longest source; what is longer is cut
 * @param maxSequences most sequences
 * @param maxTokens most tokens, those of sources included; the sequence that passes it is cut, and
 *     left out if its source alone passes it
 */
public record DataLimits(int sequenceLength, long maxSequences, long maxTokens) {
  public DataLimits {
    if (sequenceLength < 2 || maxSequences < 1 || maxTokens < 2) {
      throw new IllegalArgumentException("nothing could be predicted within " + sequenceLength);
    }
  }

  /** All rows, cut to this length. */
  public static DataLimits ofLength(int sequenceLength) {
    return new DataLimits(sequenceLength, Long.MAX_VALUE, Long.MAX_VALUE);
  }
}
