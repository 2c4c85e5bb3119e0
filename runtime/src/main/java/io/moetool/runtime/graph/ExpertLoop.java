package io.moetool.runtime.graph;

import io.moetool.formats.family.Architecture;
import io.moetool.formats.onnx.OnnxGraph;
import java.util.Collection;
import java.util.stream.IntStream;

/**
 * Experts in operators of the ONNX standard: each expert gathers the tokens that chose it and adds
 * its weighted result to theirs.
 */
final class ExpertLoop {
  private final OnnxGraph graph;
  private final Architecture architecture;

  ExpertLoop(OnnxGraph graph, Architecture architecture) {
    this.graph = graph;
    this.architecture = architecture;
  }

  /**
   * Sum of the weighted expert outputs, {@code [rows, H]}.
   *
   * @param coefficients zero where an expert is not chosen, {@code [rows, experts]}
   */
  String build(String x, String coefficients, int experts, StoredWeights weights) {
    return addTo(
        graph.node("Mul", x, graph.scalar(0f)).output(),
        x,
        coefficients,
        IntStream.range(0, experts).boxed().toList(),
        weights);
  }

  /** {@code before} and the weighted outputs of some of the experts, {@code [rows, H]}. */
  String addTo(
      String before,
      String x,
      String coefficients,
      Collection<Integer> experts,
      StoredWeights weights) {
    String sum = before;
    for (int expert : experts) {
      sum = add(sum, x, coefficients, expert, weights.ofExpert(expert));
    }
    return sum;
  }

  private String add(String sum, String x, String coefficients, int expert, WeightSource weights) {
    String column =
        graph.node("Gather", coefficients, graph.constant(expert)).with("axis", 1).output();
    String users =
        graph
            .node(
                "Squeeze",
                graph
                    .node("Gather", graph.node("NonZero", column).output(), graph.constant(0))
                    .with("axis", 0)
                    .output(),
                graph.constant(0))
            .output();
    String rows = graph.node("Gather", x, users).with("axis", 0).output();
    String scale = graph.node("Gather", column, users).with("axis", 0).output();
    Layers layers = new Layers(graph, architecture, weights);
    String weighted =
        switch (architecture.moe().routing().appliesTo()) {
          case OUTPUT -> graph.node("Mul", layers.expert(rows), scale).output();
          case INPUT -> layers.expert(graph.node("Mul", rows, scale).output());
        };
    String places = graph.node("Unsqueeze", users, graph.constant(1)).output();
    return graph.node("ScatterND", sum, places, weighted).with("reduction", "add").output();
  }
}
