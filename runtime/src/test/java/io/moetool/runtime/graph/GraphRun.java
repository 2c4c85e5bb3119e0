package io.moetool.runtime.graph;

import io.moetool.formats.DType;
import io.moetool.formats.Shape;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorView;
import io.moetool.formats.onnx.OnnxGraph;
import io.moetool.formats.onnx.OnnxType;
import io.moetool.runtime.ort.Device;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.ort.OrtGraph;
import io.moetool.runtime.ort.OrtInputs;
import io.moetool.runtime.ort.OrtOutput;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Map;

/** A small graph under test, fed with arrays. */
final class GraphRun {
  private static final OrtEngine ENGINE = OrtEngine.open(Device.CPU);

  private final OnnxGraph graph = new OnnxGraph("test");
  private final Arena arena = Arena.ofAuto();
  private final OrtInputs inputs;
  private final OrtGraph empty;

  GraphRun() {
    empty = ENGINE.graph(nothing());
    inputs = empty.inputs();
  }

  private static byte[] nothing() {
    OnnxGraph graph = new OnnxGraph("nothing");
    graph.output(graph.scalar(0f), "nothing", OnnxType.FLOAT);
    return graph.toModel("test", "", Map.of());
  }

  OnnxGraph graph() {
    return graph;
  }

  /** An input with these float32 elements. */
  String input(String name, Shape shape, double... values) {
    MemorySegment elements = arena.allocate(4L * values.length, 4);
    for (int i = 0; i < values.length; i++) {
      elements.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) values[i]);
    }
    inputs.with(name, new TensorView(new TensorInfo(name, DType.F32, shape), elements));
    return graph.input(name, OnnxType.FLOAT, shape.dims().toArray());
  }

  /** An input with these int64 elements. */
  String integers(String name, Shape shape, long... values) {
    inputs.with(name, values, shape.toArray());
    return graph.input(name, OnnxType.INT64, shape.dims().toArray());
  }

  /** What a value of the graph becomes. */
  float[] value(String name, int rank) {
    Object[] dims = new Object[rank];
    Arrays.setAll(dims, axis -> name + axis);
    graph.output(name, "result", OnnxType.FLOAT, dims);
    try (OrtGraph loaded = ENGINE.graph(graph.toModel("test", "", Map.of()));
        OrtOutput result = loaded.run(inputs, "result")) {
      return result.floats();
    } finally {
      inputs.close();
      empty.close();
    }
  }
}
