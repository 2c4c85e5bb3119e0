package io.moetool.runtime.graph;

import io.moetool.formats.family.Attention;
import io.moetool.formats.onnx.OnnxGraph;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Queries or keys as attention multiplies them: rotated, and normed after that where the model does
 * so.
 */
final class RotatedHeads {
  private final OnnxGraph graph;
  private final Attention attention;
  private final SequenceValues sequences;
  private final Optional<Rotator> rotator;

  RotatedHeads(OnnxGraph graph, Attention attention, SequenceValues sequences) {
    this.graph = graph;
    this.attention = attention;
    this.sequences = sequences;
    rotator = attention.rope().map(rope -> new Rotator(graph, rope, sequences));
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
    String rotated = rotator.map(r -> r.rotate(split, count)).orElse(split);
    String normed = norm.apply(rotated);
    return normed.equals(rotated) ? rotated : sequences.split(graph, normed, width);
  }
}
