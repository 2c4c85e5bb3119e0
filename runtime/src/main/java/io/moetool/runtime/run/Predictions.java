package io.moetool.runtime.run;

import io.moetool.runtime.ort.OrtOutput;

/**
 * Logits of a model for given sequences, computed when asked for; several threads may ask at once.
 */
public interface Predictions extends AutoCloseable {
  /** Logits of one sequence, rows in token order and the vocabulary innermost; to be closed. */
  OrtOutput logits(int sequence);

  /** Number of extents that logits have. */
  int rank();

  @Override
  void close();
}
