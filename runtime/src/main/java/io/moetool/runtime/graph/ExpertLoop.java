package io.moetool.runtime.graph;

import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.MoeBlock;
import io.moetool.formats.onnx.OnnxGraph;
import java.util.List;

/**
 * Routing and experts in operators of the ONNX standard: each expert gathers the tokens that chose it and
 * adds its weighted result to theirs.
 */
final class ExpertLoop {
  private final OnnxGraph graph;
  private final Architecture architecture;

  ExpertLoop(OnnxGraph graph, Architecture architecture) {
    this.graph = graph;
    this.architecture = architecture;
  }

  /** Sum of the weighted expert outputs, {@code [rows, H]}. */
  String build(String x, String logits, StoredWeights weights) {
    String coefficients = coefficients(logits);
    String sum = graph.node("Mul", x, graph.scalar(0f)).output();
    for (int expert = 0; expert < architecture.moe().experts(); expert++) {
      sum = add(sum, x, coefficients, expert, weights.ofExpert(expert));
    }
    return sum;
  }

  /** Coefficient of every expert for every token, zero where it is not chosen: {@code [rows, E]}. */
  private String coefficients(String logits) {
    MoeBlock moe = architecture.moe();
    String scores = graph.node("Softmax", logits).with("axis", -1).output();
    List<String> best =
        graph
            .node("TopK", scores, graph.constant(moe.routing().expertsPerToken()))
            .with("axis", -1)
            .outputs(2);
    String chosen = best.getFirst();
    if (moe.routing().renormalise()) {
      String total =
          graph.node("ReduceSum", chosen, graph.constant(-1)).with("keepdims", 1).output();
      chosen = graph.node("Div", chosen, total).output();
    }
    String zeros = graph.node("Mul", scores, graph.scalar(0f)).output();
    return graph
        .node("ScatterElements", zeros, best.get(1), chosen)
        .with("axis", -1)
        .output();
  }

  private String add(
      String sum, String x, String coefficients, int expert, WeightSource weights) {
    String column =
        graph
            .node("Gather", coefficients, graph.constant(expert))
            .with("axis", 1)
            .output();
    String users =
        graph
            .node(
                "Squeeze",
                graph
                    .node(
                        "Gather", graph.node("NonZero", column).output(), graph.constant(0))
                    .with("axis", 0)
                    .output(),
                graph.constant(0))
            .output();
    String rows = graph.node("Gather", x, users).with("axis", 0).output();
    String result = new Layers(graph, architecture, weights).expert(rows);
    String scale = graph.node("Gather", column, users).with("axis", 0).output();
    String weighted = graph.node("Mul", result, scale).output();
    String places = graph.node("Unsqueeze", users, graph.constant(1)).output();
    return graph
        .node("ScatterND", sum, places, weighted)
        .with("reduction", "add")
        .output();
  }
}
