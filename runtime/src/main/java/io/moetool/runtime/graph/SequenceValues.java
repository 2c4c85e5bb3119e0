package io.moetool.runtime.graph;

import io.moetool.formats.onnx.OnnxGraph;

/**
 * Graph values that say how rows split into sequences and where those stand.
 *
 * @param shape {@code [batch, sequence]} as int64, or empty when all rows are one sequence
 * @param lastPositions index of the last token of every sequence, int32 {@code [batch]}
 * @param totalLength longest sequence with its past, int32 {@code [1]}
 * @param cosines rotation table {@code [positions, rotaryDim / 2]}
 * @param sines rotation table {@code [positions, rotaryDim / 2]}
 */
record SequenceValues(
    String shape, String lastPositions, String totalLength, String cosines, String sines) {

  /** Rows {@code [rows, width]} as {@code [batch, sequence, width]}. */
  String split(OnnxGraph graph, String rows, int width) {
    String target =
        shape.isEmpty()
            ? graph.constant(1, -1, width)
            : graph.node("Concat", shape, graph.constant(width)).with("axis", 0).output();
    return graph.node("Reshape", rows, target).output();
  }
}
