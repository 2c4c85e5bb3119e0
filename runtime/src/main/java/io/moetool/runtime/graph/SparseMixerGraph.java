package io.moetool.runtime.graph;

import io.moetool.formats.family.RouterSpec;
import io.moetool.formats.onnx.OnnxGraph;
import java.util.List;

/** {@link RouterSpec.SparseMixer} in operators of the ONNX standard. */
final class SparseMixerGraph {
  private final OnnxGraph graph;
  private final RouterSpec.SparseMixer spec;

  SparseMixerGraph(OnnxGraph graph, RouterSpec.SparseMixer spec) {
    this.graph = graph;
    this.spec = spec;
  }

  /**
   * Coefficient of every expert for every token, zero where it is not chosen.
   *
   * @param logits {@code [rows, E]}
   * @return {@code [rows, E]}
   */
  String coefficients(String logits) {
    List<String> first = best(logits);
    String nothing = graph.node("Mul", first.getFirst(), graph.scalar(0f)).output();
    String infinity = graph.scalar(Float.NEGATIVE_INFINITY);
    String without =
        scatter(logits, first.getLast(), graph.node("Add", nothing, infinity).output());
    List<String> second = best(without);
    String zeros = graph.node("Mul", logits, graph.scalar(0f)).output();
    String shares = scatter(zeros, first.getLast(), share(logits, logits, first));
    return scatter(shares, second.getLast(), share(logits, without, second));
  }

  /** The largest value and its place, {@code [rows, 1]} each. */
  private List<String> best(String values) {
    return graph.node("TopK", values, graph.constant(1)).with("axis", -1).outputs(2);
  }

  /**
   * Softmax of the leader among the candidates near it, {@code [rows, 1]}.
   *
   * @param logits what distances are measured by
   * @param candidates the same, -∞ where an expert is not there any more
   * @param leader largest candidate and its place
   */
  private String share(String logits, String candidates, List<String> leader) {
    String distance = graph.node("Sub", leader.getFirst(), logits).output();
    String scale =
        graph.node("Max", graph.node("Abs", logits).output(), leader.getFirst()).output();
    String far =
        graph
            .node(
                "Greater",
                graph.node("Div", distance, scale).output(),
                graph.scalar(2 * spec.jitter()))
            .output();
    String near =
        graph.node("Where", far, graph.scalar(Float.NEGATIVE_INFINITY), candidates).output();
    String softmax = graph.node("Softmax", near).with("axis", -1).output();
    return graph.node("GatherElements", softmax, leader.getLast()).with("axis", -1).output();
  }

  private String scatter(String values, String places, String updates) {
    return graph.node("ScatterElements", values, places, updates).with("axis", -1).output();
  }
}
