package io.moetool.runtime.graph;

import io.moetool.formats.family.Attention;
import io.moetool.formats.onnx.OnnxGraph;
import io.moetool.formats.onnx.OnnxType;

/**
 * Which keys a token may see. The last token of a call is the last key; all sequences of a batch
 * are counted alike.
 */
final class CausalMask {
  private CausalMask() {}

  /**
   * True where a query may see a key: not after it, and within reach. {@code [sequence, total]}.
   */
  static String of(OnnxGraph graph, SequenceValues sequences, Attention.Reach reach) {
    String total =
        graph
            .node("Cast", graph.node("Squeeze", sequences.totalLength()).output())
            .with("to", OnnxType.INT64.number())
            .output();
    String length =
        graph
            .node("Gather", sequences.batchAndLength(graph), graph.scalar(1))
            .with("axis", 0)
            .output();
    String first = graph.node("Sub", total, length).output();
    String range = graph.node("Range", first, total, graph.scalar(1)).output();
    String queries = graph.node("Unsqueeze", range, graph.constant(1)).output();
    String keys = graph.node("Range", graph.scalar(0), total, graph.scalar(1)).output();
    String causal = graph.node("LessOrEqual", keys, queries).output();
    return switch (reach) {
      case Attention.Reach.Everything _ -> causal;
      case Attention.Reach.Chunk(int tokens) -> {
        String size = graph.scalar((long) tokens);
        String same =
            graph
                .node(
                    "Equal",
                    graph.node("Div", queries, size).output(),
                    graph.node("Div", keys, size).output())
                .output();
        yield graph.node("And", causal, same).output();
      }
      case Attention.Reach.Window(int count) -> {
        String distance = graph.node("Sub", queries, keys).output();
        String near = graph.node("Less", distance, graph.scalar((long) count)).output();
        yield graph.node("And", causal, near).output();
      }
    };
  }
}
