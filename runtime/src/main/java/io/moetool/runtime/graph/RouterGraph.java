package io.moetool.runtime.graph;

import io.moetool.formats.family.RouterSpec;
import io.moetool.formats.onnx.OnnxGraph;
import io.moetool.formats.onnx.OnnxType;
import java.util.List;

/** A router in operators of the ONNX standard. */
final class RouterGraph {
  private final OnnxGraph graph;
  private final RouterSpec.TopScores spec;
  private final int experts;

  RouterGraph(OnnxGraph graph, RouterSpec.TopScores spec, int experts) {
    this.graph = graph;
    this.spec = spec;
    this.experts = experts;
  }

  /**
   * Coefficient of every expert for every token, zero where it is not chosen.
   *
   * @param logits {@code [rows, E]}
   * @param bias what is added to the scores for choosing, {@code [E]}, or empty
   * @return {@code [rows, E]}
   */
  String coefficients(String logits, String bias) {
    String scores = scores(logits);
    String ranked = bias.isEmpty() ? scores : graph.node("Add", scores, bias).output();
    if (spec.groups().count() > 1) {
      ranked = withoutOtherGroups(ranked);
    }
    String chosen =
        graph
            .node("TopK", ranked, graph.constant(spec.expertsPerToken()))
            .with("axis", -1)
            .outputs(2)
            .getLast();
    String weights = weights(logits, scores, chosen);
    String zeros = graph.node("Mul", scores, graph.scalar(0f)).output();
    return graph.node("ScatterElements", zeros, chosen, weights).with("axis", -1).output();
  }

  private String scores(String logits) {
    return switch (spec.score()) {
      case SOFTMAX -> graph.node("Softmax", logits).with("axis", -1).output();
      case SIGMOID -> graph.node("Sigmoid", logits).output();
      case SQRT_SOFTPLUS -> graph.node("Sqrt", graph.node("Softplus", logits).output()).output();
      case IDENTITY -> logits;
    };
  }

  private String withoutOtherGroups(String ranked) {
    RouterSpec.Groups groups = spec.groups();
    int size = experts / groups.count();
    String grouped =
        graph.node("Reshape", ranked, graph.constant(-1, groups.count(), size)).output();
    String groupScores =
        switch (groups.score()) {
          case MAX ->
              graph.node("ReduceMax", grouped, graph.constant(-1)).with("keepdims", 0).output();
          case TOP2_SUM -> sum(best(grouped, 2).getFirst(), false);
        };
    String kept = best(groupScores, groups.keep()).getLast();
    String nothing = graph.node("Mul", groupScores, graph.scalar(0f)).output();
    String one =
        graph.node("Expand", graph.scalar(1f), graph.node("Shape", kept).output()).output();
    String marks = graph.node("ScatterElements", nothing, kept, one).with("axis", -1).output();
    String takesPart =
        graph
            .node("Cast", graph.node("Unsqueeze", marks, graph.constant(2)).output())
            .with("to", OnnxType.BOOL.number())
            .output();
    float fill =
        switch (groups.fill()) {
          case ZERO -> 0;
          case NEGATIVE_INFINITY -> Float.NEGATIVE_INFINITY;
        };
    String masked = graph.node("Where", takesPart, grouped, graph.scalar(fill)).output();
    return graph.node("Reshape", masked, graph.constant(-1, experts)).output();
  }

  private String weights(String logits, String scores, String chosen) {
    String picked = gather(spec.weighting().readsLogits() ? logits : scores, chosen);
    String weights =
        switch (spec.weighting()) {
          case RouterSpec.Weighting.Plain _ -> picked;
          case RouterSpec.Weighting.Sum _ -> divide(picked, sum(picked, true));
          case RouterSpec.Weighting.SumPlus(float epsilon) ->
              divide(picked, graph.node("Add", sum(picked, true), graph.scalar(epsilon)).output());
          case RouterSpec.Weighting.ClampedSum(float minimum) ->
              divide(picked, graph.node("Max", sum(picked, true), graph.scalar(minimum)).output());
          case RouterSpec.Weighting.SoftmaxOverSelected _ ->
              graph.node("Softmax", picked).with("axis", -1).output();
          case RouterSpec.Weighting.SigmoidOfSelected _ -> graph.node("Sigmoid", picked).output();
        };
    return spec.scale() == 1
        ? weights
        : graph.node("Mul", weights, graph.scalar(spec.scale())).output();
  }

  private List<String> best(String values, int count) {
    return graph.node("TopK", values, graph.constant(count)).with("axis", -1).outputs(2);
  }

  private String gather(String values, String indices) {
    return graph.node("GatherElements", values, indices).with("axis", -1).output();
  }

  private String sum(String values, boolean keepDims) {
    return graph
        .node("ReduceSum", values, graph.constant(-1))
        .with("keepdims", keepDims ? 1 : 0)
        .output();
  }

  private String divide(String values, String by) {
    return graph.node("Div", values, by).output();
  }
}
