package io.moetool.runtime.graph;

import io.moetool.formats.family.RelativeAttention;
import io.moetool.formats.family.TensorRole;
import io.moetool.formats.onnx.OnnxGraph;
import io.moetool.formats.onnx.OnnxType;
import java.util.List;

/** Attention with biases by relative position over one whole sequence, and to its source. */
final class RelativeAttentionGraph implements MixerGraph {
  private final OnnxGraph graph;
  private final RelativeAttention attention;

  RelativeAttentionGraph(OnnxGraph graph, RelativeAttention attention) {
    this.graph = graph;
    this.attention = attention;
  }

  @Override
  public List<Memory> memories() {
    return List.of();
  }

  @Override
  public Mixed mix(Layers layers, String x, List<String> past) {
    String distances = distances(x);
    String scores =
        graph
            .node(
                "Add",
                products(layers, x, TensorRole.QUERY, x, TensorRole.KEY),
                biases(layers, distances))
            .output();
    if (attention.readsSource()) {
      String after = graph.node("Greater", distances, graph.scalar(0L)).output();
      scores = graph.node("Where", after, graph.scalar(Float.NEGATIVE_INFINITY), scores).output();
    }
    return new Mixed(attended(layers, scores, x, TensorRole.VALUE, TensorRole.OUTPUT), List.of());
  }

  /**
   * Hidden states and what a decoder's tokens find in the source; positions play no part in it.
   *
   * @param hidden {@code [rows, H]}
   * @param source what the encoder yields after its norm, {@code [sourceRows, H]}
   */
  String withSource(Layers layers, String hidden, String source) {
    String found = toSource(layers, layers.blockInput(hidden, TensorRole.SOURCE_NORM), source);
    return layers.join(hidden, found, TensorRole.SOURCE_NORM);
  }

  private String toSource(Layers layers, String x, String source) {
    String scores = products(layers, x, TensorRole.SOURCE_QUERY, source, TensorRole.SOURCE_KEY);
    return attended(layers, scores, source, TensorRole.SOURCE_VALUE, TensorRole.SOURCE_OUTPUT);
  }

  /** Products of all queries with all keys, {@code [heads, rows, keys]}. */
  private String products(Layers layers, String x, TensorRole query, String read, TensorRole key) {
    return graph
        .node(
            "MatMul",
            heads(layers.linear(x, query, false), List.of(1L, 0L, 2L)),
            heads(layers.linear(read, key, false), List.of(1L, 2L, 0L)))
        .output();
  }

  private String attended(
      Layers layers, String scores, String read, TensorRole value, TensorRole output) {
    String shares = graph.node("Softmax", scores).with("axis", -1).output();
    String heads =
        graph
            .node("MatMul", shares, heads(layers.linear(read, value, false), List.of(1L, 0L, 2L)))
            .output();
    String rows = graph.node("Transpose", heads).with("perm", List.of(1L, 0L, 2L)).output();
    return layers.linear(
        graph.node("Reshape", rows, graph.constant(-1, attention.width())).output(), output, false);
  }

  /** {@code [rows, heads, headDim]}, its axes reordered. */
  private String heads(String projected, List<Long> order) {
    String split =
        graph
            .node("Reshape", projected, graph.constant(-1, attention.heads(), attention.headDim()))
            .output();
    return graph.node("Transpose", split).with("perm", order).output();
  }

  /** How far keys stand behind queries, {@code [rows, rows]}. */
  private String distances(String x) {
    String rows =
        graph
            .node("Gather", graph.node("Shape", x).output(), graph.scalar(0L))
            .with("axis", 0)
            .output();
    String positions = graph.node("Range", graph.scalar(0L), rows, graph.scalar(1L)).output();
    return graph
        .node(
            "Sub",
            graph.node("Unsqueeze", positions, graph.constant(0)).output(),
            graph.node("Unsqueeze", positions, graph.constant(1)).output())
        .output();
  }

  /** {@code [heads, rows, rows]}. */
  private String biases(Layers layers, String distances) {
    String back = graph.node("Neg", distances).output();
    String far =
        attention.readsSource()
            ? graph.node("Max", back, graph.scalar(0L)).output()
            : graph.node("Abs", distances).output();
    String bounded = graph.node("Min", far, graph.scalar((long) attention.maxDistance())).output();
    String buckets =
        graph
            .node("Gather", graph.constant(PositionBuckets.byDistance(attention)), bounded)
            .with("axis", 0)
            .output();
    if (!attention.readsSource()) {
      String after =
          graph
              .node("Cast", graph.node("Greater", distances, graph.scalar(0L)).output())
              .with("to", OnnxType.INT64.number())
              .output();
      String others = graph.scalar((long) PositionBuckets.ofOneDirection(attention));
      buckets = graph.node("Add", buckets, graph.node("Mul", after, others).output()).output();
    }
    String values =
        graph
            .node("Gather", layers.weight(TensorRole.POSITION_BIAS), buckets)
            .with("axis", 0)
            .output();
    return graph.node("Transpose", values).with("perm", List.of(2L, 0L, 1L)).output();
  }
}
