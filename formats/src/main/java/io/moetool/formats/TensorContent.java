package io.moetool.formats;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Bytes of a tensor that is about to be written, produced piece by piece so that nothing large is
 * held.
 */
@FunctionalInterface
public interface TensorContent {
  /** Hands all bytes to {@code sink}, in order. */
  void writeTo(Sink sink) throws IOException;

  /**
   * Takes the next bytes of a tensor. The segment may be reused by the caller afterwards; but if it
   * lies in a {@link MappedFile}, that has to stay open until all is written.
   */
  @FunctionalInterface
  interface Sink {
    /** Appends {@code bytes}. */
    void write(MemorySegment bytes) throws IOException;
  }

  /** Content that already lies in memory or in a mapped file, in one or more pieces. */
  static TensorContent of(List<MemorySegment> pieces) {
    List<MemorySegment> copy = List.copyOf(pieces);
    return sink -> {
      for (MemorySegment piece : copy) {
        sink.write(piece);
      }
    };
  }
}
