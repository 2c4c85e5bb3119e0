package io.moetool.runtime.ort;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import io.moetool.formats.BadInputException;
import io.moetool.formats.DType;
import io.moetool.formats.Shape;
import io.moetool.formats.TensorView;
import io.moetool.formats.onnx.OnnxType;
import io.moetool.kernels.FloatMatrix;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Named tensors for one run. Matrices and stored tensors are passed where they lie, without
 * copying, so their memory must outlive the run.
 */
public final class OrtInputs implements AutoCloseable {
  private final OrtEnvironment environment;
  private final Map<String, OnnxTensor> tensors = new LinkedHashMap<>();
  private final Set<String> borrowed = new HashSet<>();

  OrtInputs(OrtEnvironment environment) {
    this.environment = environment;
  }

  Map<String, OnnxTensor> tensors() {
    return tensors;
  }

  /** A matrix as {@code [rows, columns]}. */
  public OrtInputs with(String name, FloatMatrix matrix) {
    return with(name, matrix, matrix.rows(), matrix.columns());
  }

  /** The values of a matrix with other extents that have the same product. */
  public OrtInputs with(String name, FloatMatrix matrix, long... shape) {
    return put(name, matrix.segment(), OnnxJavaType.FLOAT, shape);
  }

  /**
   * A stored tensor in its stored type.
   *
   * @throws BadInputException if it is too large for one input
   */
  public OrtInputs with(String name, TensorView tensor) {
    OnnxJavaType type =
        switch (OnnxType.of(tensor.dtype()).orElseThrow()) {
          case FLOAT -> OnnxJavaType.FLOAT;
          case FLOAT16 -> OnnxJavaType.FLOAT16;
          case BFLOAT16 -> OnnxJavaType.BFLOAT16;
          case DOUBLE -> OnnxJavaType.DOUBLE;
          case INT32 -> OnnxJavaType.INT32;
          case INT64 -> OnnxJavaType.INT64;
          case BOOL -> OnnxJavaType.BOOL;
          case UINT8 -> OnnxJavaType.UINT8;
          case INT8 -> OnnxJavaType.INT8;
          case INT4 -> throw new IllegalStateException("no checkpoint stores " + tensor.dtype());
        };
    if (tensor.bytes().byteSize() > Integer.MAX_VALUE) {
      throw new BadInputException(
          tensor.name(),
          "%d bytes are more than ONNX Runtime takes as one input (2 GiB)"
              .formatted(tensor.bytes().byteSize()),
          "models with a single tensor of that size cannot be run yet");
    }
    return put(name, tensor.bytes(), type, tensor.shape().toArray());
  }

  /** The output of another run, passed on without copying. It stays the other run's to close. */
  public OrtInputs with(String name, OrtOutput output) {
    tensors.put(name, output.tensor());
    borrowed.add(name);
    return this;
  }

  /** int32 values with these extents. */
  public OrtInputs with(String name, int[] values, long... shape) {
    try {
      tensors.put(name, OnnxTensor.createTensor(environment, IntBuffer.wrap(values), shape));
      return this;
    } catch (OrtException e) {
      throw refused(name, e);
    }
  }

  /** int64 values with these extents. */
  public OrtInputs with(String name, long[] values, long... shape) {
    try {
      tensors.put(name, OnnxTensor.createTensor(environment, LongBuffer.wrap(values), shape));
      return this;
    } catch (OrtException e) {
      throw refused(name, e);
    }
  }

  /** A float32 tensor of zeros, which may be empty. */
  public OrtInputs withZeros(String name, long... shape) {
    int bytes = Math.toIntExact(DType.F32.byteSize(Shape.of(shape).elements()));
    return put(
        name, MemorySegment.ofBuffer(ByteBuffer.allocateDirect(bytes)), OnnxJavaType.FLOAT, shape);
  }

  @Override
  public void close() {
    tensors.forEach((name, tensor) -> {
      if (!borrowed.contains(name)) {
        tensor.close();
      }
    });
  }

  private OrtInputs put(String name, MemorySegment bytes, OnnxJavaType type, long... shape) {
    try {
      tensors.put(name, OnnxTensor.createTensor(environment, bytes.asByteBuffer(), shape, type));
      return this;
    } catch (OrtException e) {
      throw refused(name, e);
    }
  }

  private static IllegalStateException refused(String name, OrtException e) {
    return new IllegalStateException(
        "ONNX Runtime refused input %s: %s".formatted(name, e.getMessage()), e);
  }
}
