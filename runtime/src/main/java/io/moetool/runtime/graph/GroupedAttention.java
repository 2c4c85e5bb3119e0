package io.moetool.runtime.graph;

import io.moetool.formats.family.Attention;
import io.moetool.formats.family.Rope;
import io.moetool.formats.family.RopeScaling;
import io.moetool.formats.onnx.OnnxGraph;
import io.moetool.formats.onnx.OnnxNode;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * ONNX Runtime's fused operator: cache, causal mask, window and sinks in one node, and the rotation
 * too where the operator computes it.
 */
final class GroupedAttention implements SequenceAttention {
  /** The operator's vector code takes heads, and rotates shares of heads, of multiples of this. */
  private static final int WIDTH_MULTIPLE = 16;

  private static final String NOT_GIVEN = "";

  private final OnnxGraph graph;
  private final Attention attention;
  private final SequenceValues sequences;
  private final Optional<Rope> rotatedInside;
  private final RotatedHeads rotatedBefore;

  GroupedAttention(OnnxGraph graph, Attention attention, SequenceValues sequences) {
    this.graph = graph;
    this.attention = attention;
    this.sequences = sequences;
    rotatedInside = attention.rope().filter(rope -> canRotate(attention, rope));
    rotatedBefore = new RotatedHeads(graph, attention, sequences);
  }

  /**
   * The operator rotates as its last step before attending, by one table for sequences of any
   * length.
   */
  private static boolean canRotate(Attention attention, Rope rope) {
    return rope.rotaryDim() % WIDTH_MULTIPLE == 0
        && !attention.normsRotated()
        && !(rope.scaling() instanceof RopeScaling.LongRope);
  }

  /** Whether the operator takes this attention. */
  static boolean takes(Attention attention) {
    return attention.headDim() % WIDTH_MULTIPLE == 0
        && !(attention.reach() instanceof Attention.Reach.Chunk);
  }

  @Override
  public Result attend(Projections projections, Past past) {
    Optional<Rotation> rotation = rotatedInside.map(sequences::rotation);
    OnnxNode node =
        graph
            .contrib(
                "GroupQueryAttention",
                heads(projections.query(), attention.heads(), projections.rotatedQuery()),
                heads(projections.key(), attention.keyValueHeads(), projections.rotatedKey()),
                sequences.split(graph, projections.value(), attention.keyValueWidth()),
                past.key(),
                past.value(),
                sequences.lastPositions(),
                sequences.totalLength(),
                rotation.map(Rotation::cosines).orElse(""),
                rotation.map(Rotation::sines).orElse(""),
                NOT_GIVEN,
                NOT_GIVEN,
                projections.sinks())
            .with("num_heads", attention.heads())
            .with("kv_num_heads", attention.keyValueHeads())
            .with("scale", (float) attention.scale());
    rotatedInside.ifPresent(rope ->
        node.with("do_rotary", 1)
            .with("rotary_interleaved", rope.layout() == Rope.Layout.INTERLEAVED ? 1 : 0));
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

  private String heads(String rows, int count, UnaryOperator<String> normRotated) {
    return rotatedInside.isPresent()
        ? sequences.split(graph, rows, count * attention.headDim())
        : rotatedBefore.of(rows, count, normRotated);
  }
}
