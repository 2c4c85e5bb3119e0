package io.moetool.runtime.ort;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;

/** One output of a run, in memory that ONNX Runtime owns until this is closed. */
public final class OrtOutput implements AutoCloseable {
  private final OrtSession.Result result;
  private final OnnxTensor tensor;

  OrtOutput(OrtSession.Result result, OnnxTensor tensor) {
    this.result = result;
    this.tensor = tensor;
  }

  OnnxTensor tensor() {
    return tensor;
  }

  /** Extents. */
  public long[] shape() {
    return tensor.getInfo().getShape();
  }

  /** A copy of float32 values. */
  public float[] floats() {
    FloatBuffer buffer = tensor.getFloatBuffer();
    float[] values = new float[buffer.remaining()];
    buffer.get(values);
    return values;
  }

  /** A copy of int64 values. */
  public long[] longs() {
    LongBuffer buffer = tensor.getLongBuffer();
    long[] values = new long[buffer.remaining()];
    buffer.get(values);
    return values;
  }

  @Override
  public void close() {
    result.close();
  }
}
