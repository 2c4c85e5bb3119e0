package io.moetool.formats.onnx;

import io.moetool.formats.DType;
import io.moetool.formats.onnx.proto.TensorProto;
import java.util.Optional;

/** Element types of graph values that moetool uses. */
public enum OnnxType {
  FLOAT(TensorProto.DataType.FLOAT, DType.F32),
  FLOAT16(TensorProto.DataType.FLOAT16, DType.F16),
  BFLOAT16(TensorProto.DataType.BFLOAT16, DType.BF16),
  DOUBLE(TensorProto.DataType.DOUBLE, DType.F64),
  INT32(TensorProto.DataType.INT32, DType.I32),
  INT64(TensorProto.DataType.INT64, DType.I64),
  BOOL(TensorProto.DataType.BOOL, DType.BOOL),
  UINT8(TensorProto.DataType.UINT8, DType.U8),
  INT8(TensorProto.DataType.INT8, DType.I8),
  /** Two to a byte, the first in the low bits; no checkpoint stores this. */
  INT4(TensorProto.DataType.INT4);

  private static final int INT4_BITS = 4;

  private final TensorProto.DataType proto;
  private final Optional<DType> dtype;

  OnnxType(TensorProto.DataType proto, DType dtype) {
    this.proto = proto;
    this.dtype = Optional.of(dtype);
  }

  OnnxType(TensorProto.DataType proto) {
    this.proto = proto;
    this.dtype = Optional.empty();
  }

  /**
   * The stored element type with the same bits.
   *
   * @throws java.util.NoSuchElementException if checkpoints have none
   */
  public DType dtype() {
    return dtype.orElseThrow();
  }

  /** Bytes that elements take. */
  public long byteSize(long elements) {
    return dtype
        .map(type -> type.byteSize(elements))
        .orElseGet(() -> Math.ceilDiv(Math.multiplyExact(elements, INT4_BITS), Byte.SIZE));
  }

  /** The graph type of a stored element type, where there is one. */
  public static Optional<OnnxType> of(DType dtype) {
    for (OnnxType type : values()) {
      if (type.dtype.filter(stored -> stored == dtype).isPresent()) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }

  /** Number of the type in the ONNX schema. */
  public int number() {
    return proto.getNumber();
  }
}
