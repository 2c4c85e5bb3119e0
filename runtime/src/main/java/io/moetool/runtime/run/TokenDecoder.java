package io.moetool.runtime.run;

/** One sequence that grows; for one thread. */
public interface TokenDecoder extends AutoCloseable {
  /**
   * Reads further tokens.
   *
   * @param tokens what follows all that was read before, at least one token
   * @return logits after the last of them, one a token of the vocabulary
   */
  float[] read(int[] tokens);

  @Override
  void close();
}
