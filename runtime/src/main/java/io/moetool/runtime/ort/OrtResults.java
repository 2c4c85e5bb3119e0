package io.moetool.runtime.ort;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtSession;

/** All outputs of one run, in memory that ONNX Runtime owns until this is closed. */
public final class OrtResults implements AutoCloseable {
  private final OrtSession.Result result;

  OrtResults(OrtSession.Result result) {
    this.result = result;
  }

  /** One output, which is closed with all others and not by itself. */
  public OrtOutput get(String name) {
    return new OrtOutput(
        result,
        (OnnxTensor)
            result
                .get(name)
                .orElseThrow(() -> new IllegalArgumentException("there is no output " + name)));
  }

  @Override
  public void close() {
    result.close();
  }
}
