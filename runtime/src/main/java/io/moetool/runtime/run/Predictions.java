package io.moetool.runtime.run;

/**
 * Logits of a model for given sequences, computed when asked for; several threads may ask at once.
 */
public interface Predictions extends AutoCloseable {
  /** Logits of one sequence; to be closed. */
  Logits logits(int sequence);

  @Override
  void close();
}
