package io.moetool.runtime.graph;

import io.moetool.formats.onnx.OnnxGraph;

/**
 * What attention needs to know of the sequences: how rows split into them, what lies in the past, and
 * the rotation tables.
 *
 * @param shape value {@code [batch, sequence]} as int64, or empty when all rows are one sequence
 * @param pastKey keys of earlier tokens, or empty
 * @param pastValue values of earlier tokens, or empty
 * @param lastPositions index of the last token of every sequence, int32 {@code [batch]}
 * @param totalLength longest sequence with its past, int32 {@code [1]}
 * @param cosines rotation table {@code [positions, rotaryDim / 2]}
 * @param sines rotation table {@code [positions, rotaryDim / 2]}
 */
record SequenceInputs(
    String shape,
    String pastKey,
    String pastValue,
    String lastPositions,
    String totalLength,
    String cosines,
    String sines) {

  /** Rows {@code [rows, width]} as {@code [batch, sequence, width]}. */
  String split(OnnxGraph graph, String rows, int width) {
    String target =
        shape.isEmpty()
            ? graph.constant(1, -1, width)
            : graph.node("Concat", shape, graph.constant(width)).with("axis", 0).output();
    return graph.node("Reshape", rows, target).output();
  }
}
