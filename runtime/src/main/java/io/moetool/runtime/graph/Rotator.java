package io.moetool.runtime.graph;

import io.moetool.formats.family.Rope;
import io.moetool.formats.onnx.OnnxGraph;
import io.moetool.formats.onnx.OnnxNode;

/** Rotates heads, each token by its position in its own sequence. */
final class Rotator {
  private final OnnxGraph graph;
  private final Rope rope;
  private final SequenceValues sequences;
  private final String tableRows;

  Rotator(OnnxGraph graph, Rope rope, SequenceValues sequences) {
    this.graph = graph;
    this.rope = rope;
    this.sequences = sequences;
    tableRows = tableRows();
  }

  /**
   * Rotates heads that lie side by side.
   *
   * @param split {@code [batch, sequence, heads * width]}; the result has the same extents
   */
  String rotate(String split, int heads) {
    return rotation(split).with("num_heads", heads).output();
  }

  /**
   * Rotates heads that come before tokens.
   *
   * @param heads {@code [batch, heads, sequence, width]}; the result has the same extents
   */
  String rotate(String heads) {
    return rotation(heads).output();
  }

  private OnnxNode rotation(String x) {
    Rotation rotation = sequences.rotation(rope);
    return graph
        .node("RotaryEmbedding", x, rotation.cosines(), rotation.sines(), tableRows)
        .with("rotary_embedding_dim", rope.rotaryDim())
        .with("interleaved", rope.layout() == Rope.Layout.INTERLEAVED ? 1 : 0);
  }

  /** Row of the rotation's tables that every token uses, int64 {@code [batch, sequence]}. */
  private String tableRows() {
    String positions = sequences.positions(graph);
    return sequences
        .rotation(rope)
        .longerThan()
        .map(length -> graph.node("Add", positions, rowsSkipped(length)).output())
        .orElse(positions);
  }

  /** Rows above the table that a sequence uses: none for short ones; int64 {@code [batch, 1]}. */
  private String rowsSkipped(int length) {
    String isLong =
        graph
            .node("GreaterOrEqual", sequences.lastPositions64(graph), graph.scalar((long) length))
            .output();
    String skipped =
        graph.node("Where", isLong, graph.scalar((long) length), graph.scalar(0L)).output();
    return graph.node("Unsqueeze", skipped, graph.constant(1)).output();
  }
}
