package io.moetool.runtime.graph;

import io.moetool.formats.family.Attention;
import io.moetool.formats.onnx.OnnxGraph;
import io.moetool.formats.onnx.OnnxType;
import java.util.List;

/** Operators of the ONNX standard with an explicit mask; takes heads of any width. */
final class StandardAttention implements SequenceAttention {
  private final OnnxGraph graph;
  private final Attention attention;
  private final SequenceValues sequences;
  private final RotatedHeads heads;
  private final String mask;

  StandardAttention(OnnxGraph graph, Attention attention, SequenceValues sequences) {
    this.graph = graph;
    this.attention = attention;
    this.sequences = sequences;
    heads = new RotatedHeads(graph, attention, sequences);
    String total = int64(graph.node("Squeeze", sequences.totalLength()).output());
    String length =
        graph
            .node("Gather", sequences.batchAndLength(graph), graph.scalar(1))
            .with("axis", 0)
            .output();
    String first = graph.node("Sub", total, length).output();
    String queries = graph.node("Range", first, total, graph.scalar(1)).output();
    String keys = graph.node("Range", graph.scalar(0), total, graph.scalar(1)).output();
    mask = mask(graph.node("Unsqueeze", queries, graph.constant(1)).output(), keys);
  }

  @Override
  public Result attend(Projections projections, Past past) {
    List<String> results =
        graph
            .node(
                "Attention",
                heads.of(projections.query(), attention.heads(), projections.rotatedQuery()),
                heads.of(projections.key(), attention.keyValueHeads(), projections.rotatedKey()),
                sequences.split(graph, projections.value(), attention.keyValueWidth()),
                mask,
                past.key(),
                past.value())
            .with("q_num_heads", attention.heads())
            .with("kv_num_heads", attention.keyValueHeads())
            .with("scale", (float) attention.scale())
            .outputs(3);
    String rows =
        graph
            .node("Reshape", results.getFirst(), graph.constant(-1, attention.queryWidth()))
            .output();
    return new Result(rows, results.get(1), results.get(2));
  }

  /**
   * True where a query may see a key: not after it, and within reach. {@code [sequence, total]}.
   */
  private String mask(String queries, String keys) {
    String causal = graph.node("LessOrEqual", keys, queries).output();
    return switch (attention.reach()) {
      case Attention.Reach.Everything _ -> causal;
      case Attention.Reach.Window(int count) -> {
        String distance = graph.node("Sub", queries, keys).output();
        String near = graph.node("Less", distance, graph.scalar((long) count)).output();
        yield graph.node("And", causal, near).output();
      }
    };
  }

  private String int64(String value) {
    return graph.node("Cast", value).with("to", OnnxType.INT64.number()).output();
  }
}
