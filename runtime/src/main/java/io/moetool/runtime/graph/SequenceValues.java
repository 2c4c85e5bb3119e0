package io.moetool.runtime.graph;

import io.moetool.formats.family.Rope;
import io.moetool.formats.onnx.OnnxGraph;
import io.moetool.formats.onnx.OnnxType;
import java.util.Map;
import java.util.Objects;

/**
 * Graph values that say how rows split into sequences and where those stand.
 *
 * @param shape {@code [batch, sequence]} as int64, or empty when all rows are one sequence
 * @param mask attention mask, int64 {@code [batch, total]}, or empty when no row is padding
 * @param lastPositions index of the last token of every sequence, int32 {@code [batch]}
 * @param totalLength longest sequence with its past, int32 {@code [1]}
 * @param rotations tables of the rotations that are used
 */
record SequenceValues(
    String shape,
    String mask,
    String lastPositions,
    String totalLength,
    Map<Rope, Rotation> rotations) {
  SequenceValues {
    rotations = Map.copyOf(rotations);
  }

  /** Tables of a rotation. */
  Rotation rotation(Rope rope) {
    return Objects.requireNonNull(rotations.get(rope));
  }

  /** {@code [batch, sequence]} as int64. */
  String batchAndLength(OnnxGraph graph) {
    if (!shape.isEmpty()) {
      return shape;
    }
    String length = graph.node("Add", lastPositions64(graph), graph.constant(1)).output();
    return graph.node("Concat", graph.constant(1), length).with("axis", 0).output();
  }

  /** {@link #lastPositions} as int64. */
  String lastPositions64(OnnxGraph graph) {
    return graph.node("Cast", lastPositions).with("to", OnnxType.INT64.number()).output();
  }

  /**
   * Position of every token in its own sequence, int64 {@code [batch, sequence]}. A sequence that
   * is padded on the right begins at 0 whatever it is padded to.
   */
  String positions(OnnxGraph graph) {
    String length =
        graph.node("Gather", batchAndLength(graph), graph.scalar(1L)).with("axis", 0).output();
    String past =
        graph
            .node(
                "Sub", graph.node("Add", lastPositions64(graph), graph.scalar(1L)).output(), length)
            .output();
    String first = graph.node("Max", past, graph.scalar(0L)).output();
    String steps = graph.node("Range", graph.scalar(0L), length, graph.scalar(1L)).output();
    return graph
        .node("Add", graph.node("Unsqueeze", first, graph.constant(1)).output(), steps)
        .output();
  }

  /** Rows {@code [rows, width]} as {@code [batch, sequence, width]}. */
  String split(OnnxGraph graph, String rows, int width) {
    String target =
        shape.isEmpty()
            ? graph.constant(1, -1, width)
            : graph.node("Concat", shape, graph.constant(width)).with("axis", 0).output();
    return graph.node("Reshape", rows, target).output();
  }
}
