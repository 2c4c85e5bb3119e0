package io.moetool.runtime.graph;

import io.moetool.formats.family.Attention;
import io.moetool.formats.family.Rope;
import io.moetool.formats.onnx.OnnxGraph;
import io.moetool.formats.onnx.OnnxNode;
import java.util.List;

/** ONNX Runtime's fused operator: rotation, cache, causal mask and window in one node. */
final class GroupedAttention implements SequenceAttention {
  private final OnnxGraph graph;
  private final Attention attention;
  private final Rope rope;
  private final SequenceValues sequences;

  GroupedAttention(
      OnnxGraph graph, Attention attention, Rope rope, SequenceValues sequences) {
    this.graph = graph;
    this.attention = attention;
    this.rope = rope;
    this.sequences = sequences;
  }

  @Override
  public Result attend(String query, String key, String value, Past past) {
    OnnxNode node =
        graph
            .contrib(
                "GroupQueryAttention",
                sequences.split(graph, query, attention.queryWidth()),
                sequences.split(graph, key, attention.keyValueWidth()),
                sequences.split(graph, value, attention.keyValueWidth()),
                past.key(),
                past.value(),
                sequences.lastPositions(),
                sequences.totalLength(),
                sequences.cosines(),
                sequences.sines())
            .with("num_heads", attention.heads())
            .with("kv_num_heads", attention.keyValueHeads())
            .with("scale", (float) (1 / Math.sqrt(attention.headDim())))
            .with("do_rotary", 1)
            .with("rotary_interleaved", rope.layout() == Rope.Layout.INTERLEAVED ? 1 : 0);
    if (attention.slidingWindow().isPresent()) {
      node.with("local_window_size", attention.slidingWindow().getAsInt());
    }
    List<String> results = node.outputs(3);
    String rows =
        graph
            .node("Reshape", results.getFirst(), graph.constant(-1, attention.queryWidth()))
            .output();
    return new Result(rows, results.get(1), results.get(2));
  }
}
