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
  private final SequenceValues sequences;

  GroupedAttention(OnnxGraph graph, Attention attention, SequenceValues sequences) {
    this.graph = graph;
    this.attention = attention;
    this.sequences = sequences;
  }

  @Override
  public Result attend(Projections projections, Past past) {
    Rope rope = attention.rope().orElseThrow();
    Rotation rotation = sequences.rotation(rope);
    OnnxNode node =
        graph
            .contrib(
                "GroupQueryAttention",
                sequences.split(graph, projections.query(), attention.queryWidth()),
                sequences.split(graph, projections.key(), attention.keyValueWidth()),
                sequences.split(graph, projections.value(), attention.keyValueWidth()),
                past.key(),
                past.value(),
                sequences.lastPositions(),
                sequences.totalLength(),
                rotation.cosines(),
                rotation.sines())
            .with("num_heads", attention.heads())
            .with("kv_num_heads", attention.keyValueHeads())
            .with("scale", (float) attention.scale())
            .with("do_rotary", 1)
            .with("rotary_interleaved", rope.layout() == Rope.Layout.INTERLEAVED ? 1 : 0);
    if (attention.reach() instanceof Attention.Reach.Window(int keys)) {
      node.with("local_window_size", keys);
    }
    List<String> results = node.outputs(3);
    String rows =
        graph
            .node("Reshape", results.getFirst(), graph.constant(-1, attention.queryWidth()))
            .output();
    return new Result(rows, results.get(1), results.get(2));
  }
}
