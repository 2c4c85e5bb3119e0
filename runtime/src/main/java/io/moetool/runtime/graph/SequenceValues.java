package io.moetool.runtime.graph;

import io.moetool.formats.family.Rope;
import io.moetool.formats.onnx.OnnxGraph;
import java.util.Map;
import java.util.Objects;

/**
 * Graph values that say how rows split into sequences and where those stand.
 *
 * @param shape {@code [batch, sequence]} as int64, or empty when all rows are one sequence
 * @param lastPositions index of the last token of every sequence, int32 {@code [batch]}
 * @param totalLength longest sequence with its past, int32 {@code [1]}
 * @param rotations tables of the rotations that are used
 */
record SequenceValues(
    String shape, String lastPositions, String totalLength, Map<Rope, Rotation> rotations) {
  SequenceValues {
    rotations = Map.copyOf(rotations);
  }

  /** Tables of a rotation. */
  Rotation rotation(Rope rope) {
    return Objects.requireNonNull(rotations.get(rope));
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
