package io.moetool.formats.onnx;

import io.moetool.formats.DType;
import io.moetool.formats.onnx.proto.TensorProto;
import io.moetool.formats.onnx.proto.TensorProto.DataType;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;

/** Element types of the ONNX schema: how wide they are, and which lists of numbers hold them. */
final class StoredElements {
  private StoredElements() {}

  /** Bits of an element; empty if elements have no fixed width or the type is not known. */
  static Optional<Integer> bits(DataType type) {
    return switch (type) {
      case COMPLEX128 -> Optional.of(128);
      case DOUBLE, INT64, UINT64, COMPLEX64 -> Optional.of(64);
      case FLOAT, INT32, UINT32 -> Optional.of(32);
      case FLOAT16, BFLOAT16, INT16, UINT16 -> Optional.of(16);
      case UINT8,
          INT8,
          BOOL,
          FLOAT8E4M3FN,
          FLOAT8E4M3FNUZ,
          FLOAT8E5M2,
          FLOAT8E5M2FNUZ,
          FLOAT8E8M0 ->
          Optional.of(8);
      case UINT4, INT4, FLOAT4E2M1 -> Optional.of(4);
      case UINT2, INT2 -> Optional.of(2);
      // How six bits a value are packed is not settled among writers.
      case FLOAT6E2M3, FLOAT6E3M2, STRING, UNDEFINED -> Optional.empty();
    };
  }

  /** The element type of checkpoints with the same bits. */
  static Optional<DType> dtype(DataType type) {
    return switch (type) {
      case FLOAT -> Optional.of(DType.F32);
      case UINT8 -> Optional.of(DType.U8);
      case INT8 -> Optional.of(DType.I8);
      case UINT16 -> Optional.of(DType.U16);
      case INT16 -> Optional.of(DType.I16);
      case INT32 -> Optional.of(DType.I32);
      case INT64 -> Optional.of(DType.I64);
      case BOOL -> Optional.of(DType.BOOL);
      case FLOAT16 -> Optional.of(DType.F16);
      case DOUBLE -> Optional.of(DType.F64);
      case UINT32 -> Optional.of(DType.U32);
      case UINT64 -> Optional.of(DType.U64);
      case COMPLEX64 -> Optional.of(DType.C64);
      case BFLOAT16 -> Optional.of(DType.BF16);
      case FLOAT8E4M3FN -> Optional.of(DType.F8_E4M3);
      case FLOAT8E4M3FNUZ -> Optional.of(DType.F8_E4M3FNUZ);
      case FLOAT8E5M2 -> Optional.of(DType.F8_E5M2);
      case FLOAT8E5M2FNUZ -> Optional.of(DType.F8_E5M2FNUZ);
      case FLOAT8E8M0 -> Optional.of(DType.F8_E8M0);
      case FLOAT4E2M1 -> Optional.of(DType.F4);
      case COMPLEX128, UINT4, INT4, UINT2, INT2, FLOAT6E2M3, FLOAT6E3M2, STRING, UNDEFINED ->
          Optional.empty();
    };
  }

  /** The bytes of elements that a tensor lists as numbers, in the list that its type belongs to. */
  static MemorySegment listed(TensorProto tensor) {
    return switch (DataType.forNumber(tensor.getDataType())) {
      case FLOAT, COMPLEX64 -> bytes(tensor.getFloatDataList(), Float.BYTES, ByteBuffer::putFloat);
      case DOUBLE, COMPLEX128 ->
          bytes(tensor.getDoubleDataList(), Double.BYTES, ByteBuffer::putDouble);
      case INT64 -> bytes(tensor.getInt64DataList(), Long.BYTES, ByteBuffer::putLong);
      case UINT64 -> bytes(tensor.getUint64DataList(), Long.BYTES, ByteBuffer::putLong);
      case UINT32 ->
          bytes(
              tensor.getUint64DataList(), Integer.BYTES, (b, value) -> b.putInt(value.intValue()));
      case INT32 -> bytes(tensor.getInt32DataList(), Integer.BYTES, ByteBuffer::putInt);
      case FLOAT16, BFLOAT16, INT16, UINT16 ->
          bytes(
              tensor.getInt32DataList(), Short.BYTES, (b, value) -> b.putShort(value.shortValue()));
      case null, default ->
          bytes(tensor.getInt32DataList(), Byte.BYTES, (b, value) -> b.put(value.byteValue()));
    };
  }

  private static <T> MemorySegment bytes(
      List<T> values, int width, BiConsumer<ByteBuffer, T> append) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(values.size(), width))
            .order(ByteOrder.LITTLE_ENDIAN);
    values.forEach(value -> append.accept(bytes, value));
    return MemorySegment.ofBuffer(bytes.flip());
  }
}
