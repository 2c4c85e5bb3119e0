package io.moetool.runtime.run;

import java.lang.foreign.MemorySegment;

/** Where a run leaves what it needs to go on at a layer, should it be ended. */
public interface Savepoints {
  /** Nothing is left. */
  Savepoints NONE =
      new Savepoints() {
        @Override
        public int restore(MemorySegment states) {
          return 0;
        }

        @Override
        public void passed(int layer, MemorySegment states) {
          // a run that is ended begins anew
        }
      };

  /**
   * Goes back to where a run was ended; asked once, before anything is computed.
   *
   * @param states receives the hidden states of all tokens, {@code [tokens, H]} float32; left alone
   *     if the run has to begin at the first layer
   * @return the first layer that is still to be run, 0 to the number of layers
   */
  int restore(MemorySegment states);

  /**
   * Called when all sequences have passed a layer and all who watch have seen it.
   *
   * @param layer index in the model
   * @param states hidden states after it, {@code [tokens, H]} float32
   */
  void passed(int layer, MemorySegment states);
}
