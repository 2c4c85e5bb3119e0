package io.moetool.runtime.graph;

import io.moetool.formats.onnx.OnnxGraph;
import io.moetool.formats.onnx.OnnxType;
import java.util.stream.LongStream;

/**
 * Sequences as mixers see them that carry a state from token to token: which rows are tokens, which
 * are padding after the last one. Padding must leave a state as it is.
 */
final class RecurrentSequences {
  private final OnnxGraph graph;
  private final SequenceValues sequences;
  private final String tokens;
  private final String counts;

  RecurrentSequences(OnnxGraph graph, SequenceValues sequences) {
    this.graph = graph;
    this.sequences = sequences;
    if (sequences.mask().isEmpty()) {
      tokens = "";
      counts = "";
    } else {
      String length =
          graph.node("Gather", sequences.shape(), graph.constant(1)).with("axis", 0).output();
      String current =
          graph
              .node(
                  "Slice",
                  sequences.mask(),
                  graph.node("Neg", length).output(),
                  graph.constant(Long.MAX_VALUE),
                  graph.constant(1))
              .output();
      tokens =
          graph
              .node(
                  "Unsqueeze",
                  graph.node("Cast", current).with("to", OnnxType.FLOAT.number()).output(),
                  graph.constant(2))
              .output();
      counts = graph.node("ReduceSum", current, graph.constant(1)).with("keepdims", 1).output();
    }
  }

  /** Rows {@code [rows, width]} as {@code [batch, sequence, width]}. */
  String split(String rows, int width) {
    return sequences.split(graph, rows, width);
  }

  /** {@code [batch, sequence, width]} with zeros in place of padding. */
  String withoutPadding(String values) {
    return tokens.isEmpty() ? values : graph.node("Mul", values, tokens).output();
  }

  /**
   * The last {@code count} tokens of every sequence, {@code [batch, count, width]}.
   *
   * @param values {@code [batch, count + sequence, width]}, the first {@code count} of them from
   *     earlier calls
   */
  String lastTokens(String values, int count) {
    if (counts.isEmpty()) {
      return graph
          .node(
              "Slice",
              values,
              graph.constant(-count),
              graph.constant(Long.MAX_VALUE),
              graph.constant(1))
          .output();
    }
    String steps = graph.constant(LongStream.range(0, count).toArray());
    String places =
        graph
            .node("Unsqueeze", graph.node("Add", counts, steps).output(), graph.constant(2))
            .output();
    return graph.node("GatherND", values, places).with("batch_dims", 1).output();
  }

  /** Zeros {@code [batch, extents]}: what sequences remember before their first token. */
  String zeros(long... extents) {
    String batch =
        sequences.shape().isEmpty()
            ? graph.constant(1)
            : graph.node("Gather", sequences.shape(), graph.constant(0)).with("axis", 0).output();
    String shape = graph.node("Concat", batch, graph.constant(extents)).with("axis", 0).output();
    return graph.node("ConstantOfShape", shape).output();
  }
}
