package io.moetool.formats;

import java.lang.foreign.MemorySegment;

/**
 * A named, read-only window onto stored elements. Nothing is copied; the window dies with the store
 * it came from.
 *
 * @param info name, type and shape
 * @param bytes exactly the elements' bytes, little-endian, C order
 */
public record TensorView(TensorInfo info, MemorySegment bytes) {
  public TensorView {
    if (bytes.byteSize() != info.byteSize()) {
      throw new IllegalArgumentException(
          "tensor %s needs %d bytes, given %d".formatted(info, info.byteSize(), bytes.byteSize()));
    }
    bytes = bytes.asReadOnly();
  }

  /** Full name. */
  public String name() {
    return info.name();
  }

  /** Element type. */
  public DType dtype() {
    return info.dtype();
  }

  /** Extents. */
  public Shape shape() {
    return info.shape();
  }

  /** Bytes of the slice {@code index} along the outermost axis. */
  public MemorySegment slice(long index) {
    long sliceBytes = bytes.byteSize() / shape().dim(0);
    return bytes.asSlice(Math.multiplyExact(index, sliceBytes), sliceBytes);
  }
}
