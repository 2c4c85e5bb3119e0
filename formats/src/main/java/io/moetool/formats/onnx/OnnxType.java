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
  BOOL(TensorProto.DataType.BOOL, DType.BOOL);

  private final TensorProto.DataType proto;
  private final DType dtype;

  OnnxType(TensorProto.DataType proto, DType dtype) {
    this.proto = proto;
    this.dtype = dtype;
  }

  /** The stored element type with the same bits. */
  public DType dtype() {
    return dtype;
  }

  /** The graph type of a stored element type, where there is one. */
  public static Optional<OnnxType> of(DType dtype) {
    for (OnnxType type : values()) {
      if (type.dtype == dtype) {
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
