package io.moetool.runtime.run;

import io.moetool.kernels.FloatMatrix;

/** Logits of one sequence, read a range of tokens at a time; for one thread. */
public interface Logits extends AutoCloseable {
  /**
   * Logits after tokens {@code from .. to - 1}, {@code [to - from, vocabulary]}. They stay until
   * the next call or until this is closed.
   */
  FloatMatrix rows(int from, int to);

  @Override
  void close();
}
