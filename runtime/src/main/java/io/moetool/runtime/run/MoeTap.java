package io.moetool.runtime.run;

/**
 * Watches every mixture-of-experts block of a run, sequence by sequence.
 *
 * <p>Partial results make sums independent of threads and batch sizes: {@link #observe} sees one
 * sequence and may run on several threads at once; {@link #add} is called on one thread, in
 * sequence order.
 *
 * @param <P> what one sequence adds in one layer
 */
public interface MoeTap<P> {
  /** Reduces one sequence in one layer. The observation's memory is reused afterwards. */
  P observe(MoeObservation observation);

  /** Takes the partial results of a layer, in the order of the sequences. */
  void add(int layer, int sequence, P partial);

  /** What it holds on the heap once all layers have been seen; at most. */
  default long heldBytes() {
    return 0;
  }

  /**
   * What one partial result takes on the heap; at most.
   *
   * @param tokens length of the sequence
   */
  default long partialBytes(int tokens) {
    return 0;
  }

  /**
   * Called when all sequences have passed a layer, while its experts can still be run on anything.
   */
  default void end(LayerExperts experts) {
    // most taps have seen enough
  }
}
