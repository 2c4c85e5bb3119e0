package io.moetool.formats.onnx;

import io.moetool.formats.DType;
import io.moetool.formats.Shape;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * A tensor stored with a graph. Its bytes are a window onto a mapped file wherever the file holds
 * them as raw data; the window dies with the model it came from.
 *
 * @param name of the initializer
 * @param type element type, as ONNX calls it
 * @param dtype the element type of checkpoints with the same bits; empty if they have none
 * @param shape extents
 * @param bytes exactly the elements' bytes, little-endian, C order; elements of less than a byte
 *     are packed, the first in the low bits. Empty for texts
 * @param location file the bytes lie in
 */
public record OnnxTensor(
    String name,
    String type,
    Optional<DType> dtype,
    Shape shape,
    MemorySegment bytes,
    String location) {
  public OnnxTensor {
    bytes = bytes.asReadOnly();
  }

  /** What messages, statistics and reports call the element type. */
  public String typeName() {
    return dtype.map(DType::name).orElse(type);
  }

  /** Bytes of the slice {@code index} along the outermost axis, which has to end on a byte. */
  public MemorySegment slice(long index) {
    long sliceBytes = bytes.byteSize() / shape.dim(0);
    return bytes.asSlice(Math.multiplyExact(index, sliceBytes), sliceBytes);
  }
}
