package io.moetool.runtime.graph;

import io.moetool.formats.DType;
import io.moetool.formats.Shape;
import io.moetool.formats.family.TensorRole;
import io.moetool.formats.onnx.OnnxGraph;
import io.moetool.formats.onnx.OnnxType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Weights as inputs of a piece, in their stored type, widened to float32 inside the graph. */
final class StreamedWeights implements WeightSource {
  /** Float32 values of one part of a weight that comes in parts. */
  private static final long PART_BYTES = 64L << 20;

  private final OnnxGraph graph;
  private final StoredTypes types;
  private final Map<String, String> values = new LinkedHashMap<>();
  private final List<WeightBinding> bindings = new ArrayList<>();

  StreamedWeights(OnnxGraph graph, StoredTypes types) {
    this.graph = graph;
    this.types = types;
  }

  List<WeightBinding> bindings() {
    return List.copyOf(bindings);
  }

  @Override
  public String weight(TensorRole role) {
    return value(new WeightBinding.Weight(role, false));
  }

  @Override
  public List<String> parts(TensorRole role) {
    WeightBinding.Weight weight = new WeightBinding.Weight(role, false);
    Shape shape = types.shape(role, false);
    long rows = shape.dim(0);
    long bytes = DType.F32.byteSize(shape.elements());
    long count = Math.clamp(Math.ceilDiv(bytes, PART_BYTES), 1, rows);
    if (count == 1) {
      return List.of(value(weight));
    }
    List<String> parts = new ArrayList<>();
    for (long part = 0; part < count; part++) {
      parts.add(
          value(
              input(weight) + "." + part,
              weight,
              new WeightBinding.Rows(part * rows / count, (part + 1) * rows / count)));
    }
    return parts;
  }

  @Override
  public String bias(TensorRole role) {
    return value(new WeightBinding.Weight(role, true));
  }

  private static String input(WeightBinding.Weight weight) {
    return "weights." + weight.role().key() + (weight.bias() ? ".bias" : "");
  }

  private String value(WeightBinding.Weight weight) {
    Shape shape = types.shape(weight.role(), weight.bias());
    long rows = shape.rank() == 0 ? 1 : shape.dim(0);
    return value(input(weight), weight, new WeightBinding.Rows(0, rows));
  }

  private String value(String input, WeightBinding.Weight weight, WeightBinding.Rows rows) {
    String known = values.get(input);
    if (known != null) {
      return known;
    }
    OnnxType type = types.type(weight.role(), weight.bias());
    Shape shape = types.shape(weight.role(), weight.bias());
    Shape part = shape.rank() == 0 ? shape : shape.withDim(0, rows.to() - rows.from());
    graph.input(input, type, part.dims().toArray());
    bindings.add(new WeightBinding(input, weight, rows));
    String value =
        type == OnnxType.FLOAT
            ? input
            : graph.node("Cast", input).with("to", OnnxType.FLOAT.number()).output();
    values.put(input, value);
    return value;
  }
}
