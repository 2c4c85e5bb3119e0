package io.moetool.kernels;

import io.moetool.formats.BadInputException;
import io.moetool.formats.DType;
import io.moetool.formats.Shape;
import io.moetool.formats.TensorView;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.EnumSet;
import java.util.Set;

/**
 * Stored elements as float32. Exact for every supported type but F64, which is rounded to the
 * nearest float32, ties to even. Types with scales beside them have their own decoders, {@link
 * BlockScales} and {@link Mxfp4}.
 */
public final class ElementDecoder {
  private static final Set<DType> SUPPORTED =
      EnumSet.of(
          DType.F64, DType.F32, DType.F16, DType.BF16, DType.F8_E4M3, DType.F8_E5M2, DType.F8_E8M0);

  /** Elements decoded at a time, so that inner loops count in {@code int}. */
  private static final long PIECE = 1 << 20;

  private ElementDecoder() {}

  /** Whether elements of this type can be decoded. */
  public static boolean supports(DType dtype) {
    return SUPPORTED.contains(dtype);
  }

  /**
   * Decodes a whole tensor. A vector becomes one row; leading axes beyond the second are flattened
   * into rows.
   *
   * @return [product of all extents but the last, last extent]
   * @throws BadInputException if the elements are no supported floating point type, or too many
   */
  public static FloatMatrix decode(Arena arena, TensorView tensor) {
    Shape shape = tensor.shape();
    long columns = shape.rank() == 0 ? 1 : shape.dim(shape.rank() - 1);
    long rows = 1;
    for (int axis = 0; axis < shape.rank() - 1; axis++) {
      rows = Math.multiplyExact(rows, shape.dim(axis));
    }
    if (rows > Integer.MAX_VALUE || columns > Integer.MAX_VALUE) {
      throw new BadInputException(
          "tensor " + tensor.name(),
          "a matrix of shape %s has more than 2^31 - 1 rows or columns".formatted(shape),
          "Check the tensor's shape in the file's header.");
    }
    requireSupported(tensor);
    FloatMatrix out = FloatMatrix.allocate(arena, (int) rows, (int) columns);
    decode(tensor.dtype(), tensor.bytes(), out.segment());
    return out;
  }

  /**
   * Decodes a whole tensor in C order.
   *
   * @param out receives the elements; any shape with as many elements
   * @throws BadInputException if the elements are no supported floating point type
   */
  public static void decode(TensorView tensor, FloatMatrix out) {
    requireSupported(tensor);
    decode(tensor.dtype(), tensor.bytes(), out.segment());
  }

  /**
   * Decodes a tensor onto the heap, in C order.
   *
   * @throws BadInputException if the elements are no supported floating point type
   */
  public static float[] toArray(TensorView tensor) {
    requireSupported(tensor);
    float[] out = new float[Math.toIntExact(tensor.shape().elements())];
    decode(tensor.dtype(), tensor.bytes(), MemorySegment.ofArray(out));
    return out;
  }

  private static void requireSupported(TensorView tensor) {
    if (!supports(tensor.dtype())) {
      throw new BadInputException(
          "tensor " + tensor.name(),
          "elements of type %s are not floating point numbers moetool can decode"
              .formatted(tensor.dtype()),
          "Supported are "
              + SUPPORTED
              + "; convert the checkpoint to one of them, for instance BF16.");
    }
  }

  /**
   * Decodes elements.
   *
   * @param dtype a supported type
   * @param stored little-endian elements
   * @param out receives as many float32, in the machine's order
   * @throws IllegalArgumentException if the type is not supported or the sizes do not fit
   */
  public static void decode(DType dtype, MemorySegment stored, MemorySegment out) {
    if (!supports(dtype)) {
      throw new IllegalArgumentException("cannot decode " + dtype);
    }
    int width = dtype.bits() / 8;
    long count = stored.byteSize() / width;
    if (stored.byteSize() != count * width || out.byteSize() != count * Float.BYTES) {
      throw new IllegalArgumentException(
          "%d bytes of %s do not fill %d bytes of float32"
              .formatted(stored.byteSize(), dtype, out.byteSize()));
    }
    for (long done = 0; done < count; done += PIECE) {
      long piece = Math.min(PIECE, count - done);
      decodePiece(
          dtype,
          stored.asSlice(done * width, piece * width),
          out.asSlice(done * Float.BYTES, piece * Float.BYTES),
          (int) piece);
    }
  }

  private static void decodePiece(DType dtype, MemorySegment stored, MemorySegment out, int count) {
    switch (dtype) {
      case F32 -> MemorySegment.copy(stored, Layouts.STORED_F32, 0, out, Layouts.FLOAT, 0, count);
      case BF16 -> Kernels.best().decodeBf16(stored, out);
      case F16 -> Kernels.best().decodeF16(stored, out);
      case F64 -> {
        for (int i = 0; i < count; i++) {
          out.setAtIndex(Layouts.FLOAT, i, (float) stored.getAtIndex(Layouts.STORED_F64, i));
        }
      }
      default -> {
        float[] values = Float8.values(dtype);
        for (int i = 0; i < count; i++) {
          out.setAtIndex(Layouts.FLOAT, i, values[stored.get(Layouts.BYTE, i) & 0xff]);
        }
      }
    }
  }
}
