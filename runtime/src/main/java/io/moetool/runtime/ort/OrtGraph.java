package io.moetool.runtime.ort;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;

/** A graph that can be run, by several threads at once. */
public final class OrtGraph implements AutoCloseable {
  private final OrtEnvironment environment;
  private final OrtSession session;

  OrtGraph(OrtEnvironment environment, OrtSession session) {
    this.environment = environment;
    this.session = session;
  }

  /** Inputs for one run; closing it releases them. */
  public OrtInputs inputs() {
    return new OrtInputs(environment);
  }

  /**
   * Runs the graph with results written where {@code outputs} lie.
   *
   * @throws IllegalStateException if a shape does not fit
   */
  public void run(OrtInputs inputs, OrtInputs outputs) {
    try {
      FlushToZero.begin();
      session.run(inputs.tensors(), outputs.tensors()).close();
    } catch (OrtException e) {
      throw failed(e);
    } finally {
      FlushToZero.end();
    }
  }

  /** Runs the graph for one output that ONNX Runtime allocates; closing it releases the memory. */
  public OrtOutput run(OrtInputs inputs, String output) {
    try {
      FlushToZero.begin();
      OrtSession.Result result = session.run(inputs.tensors(), Set.of(output));
      return new OrtOutput(result, (OnnxTensor) result.get(0));
    } catch (OrtException e) {
      throw failed(e);
    } finally {
      FlushToZero.end();
    }
  }

  /**
   * Runs the graph for all outputs, which ONNX Runtime allocates; closing them releases the memory.
   */
  public OrtResults runAll(OrtInputs inputs) {
    try {
      FlushToZero.begin();
      return new OrtResults(session.run(inputs.tensors()));
    } catch (OrtException e) {
      throw failed(e);
    } finally {
      FlushToZero.end();
    }
  }

  /** Extents of every input, in the graph's order; -1 where they vary. */
  public SequencedMap<String, long[]> inputShapes() {
    return shapes(true);
  }

  /** Extents of every output, in the graph's order; -1 where they vary. */
  public SequencedMap<String, long[]> outputShapes() {
    return shapes(false);
  }

  /** A property stored with the model. */
  public Optional<String> metadata(String key) {
    try {
      return session.getMetadata().getCustomMetadataValue(key);
    } catch (OrtException e) {
      throw failed(e);
    }
  }

  @Override
  public void close() {
    try {
      session.close();
    } catch (OrtException e) {
      throw failed(e);
    }
  }

  private SequencedMap<String, long[]> shapes(boolean inputs) {
    try {
      SequencedMap<String, long[]> shapes = new LinkedHashMap<>();
      Map<String, NodeInfo> infos = inputs ? session.getInputInfo() : session.getOutputInfo();
      for (Map.Entry<String, NodeInfo> info : infos.entrySet()) {
        if (info.getValue().getInfo() instanceof TensorInfo tensor) {
          shapes.put(info.getKey(), tensor.getShape());
        }
      }
      return shapes;
    } catch (OrtException e) {
      throw failed(e);
    }
  }

  private static IllegalStateException failed(OrtException e) {
    return new IllegalStateException("ONNX Runtime failed: " + e.getMessage(), e);
  }
}
