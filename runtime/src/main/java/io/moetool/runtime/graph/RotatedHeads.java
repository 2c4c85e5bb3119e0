package io.moetool.runtime.graph;

import io.moetool.formats.family.Attention;
import io.moetool.formats.family.Rope;
import io.moetool.formats.onnx.OnnxGraph;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Queries or keys as attention multiplies them: rotated, each token by its position in its own
 * sequence, and normed after that where the model does so.
 */
final class RotatedHeads {
  private final OnnxGraph graph;
  private final Attention attention;
  private final SequenceValues sequences;
  private final Optional<String> tableRows;

  RotatedHeads(OnnxGraph graph, Attention attention, SequenceValues sequences) {
    this.graph = graph;
    this.attention = attention;
    this.sequences = sequences;
    this.tableRows = attention.rope().map(this::tableRows);
  }

  /**
   * Rotates and norms.
   *
   * @param rows {@code [rows, count * headDim]}
   * @param count number of heads
   * @param norm of what is rotated
   * @return {@code [batch, sequence, count * headDim]}
   */
  String of(String rows, int count, UnaryOperator<String> norm) {
    int width = count * attention.headDim();
    String split = sequences.split(graph, rows, width);
    String rotated = attention.rope().map(rope -> rotate(split, count, rope)).orElse(split);
    String normed = norm.apply(rotated);
    return normed.equals(rotated) ? rotated : sequences.split(graph, normed, width);
  }

  private String rotate(String split, int count, Rope rope) {
    Rotation rotation = sequences.rotation(rope);
    return graph
        .node(
            "RotaryEmbedding", split, rotation.cosines(), rotation.sines(), tableRows.orElseThrow())
        .with("num_heads", count)
        .with("rotary_embedding_dim", rope.rotaryDim())
        .with("interleaved", rope.layout() == Rope.Layout.INTERLEAVED ? 1 : 0)
        .output();
  }

  /** Row of the rotation's tables that every token uses, int64 {@code [batch, sequence]}. */
  private String tableRows(Rope rope) {
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
