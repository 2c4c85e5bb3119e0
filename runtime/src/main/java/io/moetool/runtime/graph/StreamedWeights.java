package io.moetool.runtime.graph;

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
    return value(role, false);
  }

  @Override
  public String bias(TensorRole role) {
    return value(role, true);
  }

  private String value(TensorRole role, boolean bias) {
    String input = "weights." + role.key() + (bias ? ".bias" : "");
    String known = values.get(input);
    if (known != null) {
      return known;
    }
    OnnxType type = types.type(role, bias);
    Shape shape = types.shape(role, bias);
    graph.input(input, type, shape.dims().toArray());
    bindings.add(new WeightBinding(input, role, bias));
    String value =
        type == OnnxType.FLOAT
            ? input
            : graph.node("Cast", input).with("to", OnnxType.FLOAT.number()).output();
    values.put(input, value);
    return value;
  }
}
