package io.moetool.runtime.graph;

import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.ExpertFunction;
import io.moetool.formats.family.ExpertTensors;
import io.moetool.formats.family.RoutedExpert;
import io.moetool.formats.family.TensorRole;
import io.moetool.formats.onnx.OnnxGraph;
import java.util.List;

/** One routed expert, from whatever layout its weights are stored in. */
final class ExpertGraph {
  private final OnnxGraph graph;
  private final RoutedExpert expert;
  private final ExpertTensors tensors;
  private final Layers layers;

  ExpertGraph(OnnxGraph graph, Architecture architecture, Layers layers) {
    this.graph = graph;
    this.expert = architecture.moe().expert();
    this.tensors = new ExpertTensors(architecture.names());
    this.layers = layers;
  }

  /** The expert's output for every row of {@code x}, {@code [rows, H]}. */
  String build(String x) {
    String inner = activations(x);
    return tensors.areStacked()
        ? projection(inner, TensorRole.EXPERTS_DOWN)
        : layers.linear(inner, TensorRole.EXPERT_DOWN, false);
  }

  /** What the last projection multiplies for every row of {@code x}, {@code [rows, I]}. */
  String activations(String x) {
    if (tensors.areStacked()) {
      List<String> gateAndUp = gateAndUp(projection(x, TensorRole.EXPERTS_GATE_UP));
      return activated(gateAndUp.getFirst(), gateAndUp.getLast());
    }
    if (expert.function() instanceof ExpertFunction.Relu) {
      return graph.node("Relu", layers.linear(x, TensorRole.EXPERT_UP, false)).output();
    }
    String gate = layers.linear(x, TensorRole.EXPERT_GATE, false);
    return activated(gate, layers.linear(x, TensorRole.EXPERT_UP, false));
  }

  private String projection(String x, TensorRole role) {
    return expert.stack().transposed()
        ? layers.linearTransposed(x, role, expert.biased())
        : layers.linear(x, role, expert.biased());
  }

  /** What the two first projections yield, from their joint product {@code [rows, 2I]}. */
  private List<String> gateAndUp(String both) {
    return expert.stack().interleaved()
        ? List.of(everySecond(both, 0), everySecond(both, 1))
        : graph.node("Split", both).with("axis", -1).with("num_outputs", 2).outputs(2);
  }

  private String everySecond(String both, int first) {
    return graph
        .node(
            "Slice",
            both,
            graph.constant(first),
            graph.constant(2L * expert.width()),
            graph.constant(1),
            graph.constant(2))
        .output();
  }

  private String activated(String gate, String up) {
    return switch (expert.function()) {
      case ExpertFunction.Relu _ ->
          throw new IllegalStateException("experts without a gate do not share tensors");
      case ExpertFunction.GatedSilu _ -> layers.siluTimes(gate, up);
      case ExpertFunction.ClampedSwiglu(double limit, double alpha) -> {
        String most = graph.scalar((float) limit);
        String g = graph.node("Clip", gate, "", most).output();
        String u = graph.node("Clip", up, graph.scalar((float) -limit), most).output();
        String steep = graph.node("Mul", g, graph.scalar((float) alpha)).output();
        String swish = graph.node("Mul", g, graph.node("Sigmoid", steep).output()).output();
        yield graph.node("Mul", graph.node("Add", u, graph.scalar(1f)).output(), swish).output();
      }
    };
  }
}
