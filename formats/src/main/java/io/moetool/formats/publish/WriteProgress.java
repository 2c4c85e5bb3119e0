package io.moetool.formats.publish;

/** Told now and then how far a long write is; may be called from any thread, one call at a time. */
@FunctionalInterface
public interface WriteProgress {
  /**
   * Reports a state.
   *
   * @param done bytes written so far, never decreasing
   * @param total bytes there will be in the end
   */
  void written(long done, long total);

  /** For callers who do not watch. */
  static WriteProgress none() {
    return (done, total) -> {};
  }
}
