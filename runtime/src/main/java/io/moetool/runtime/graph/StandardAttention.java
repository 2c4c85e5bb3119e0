package io.moetool.runtime.graph;

import io.moetool.formats.family.Attention;
import io.moetool.formats.onnx.OnnxGraph;
import java.util.List;

/** Operators of the ONNX standard with an explicit mask; takes heads of any width. */
final class StandardAttention implements SequenceAttention {
  private final OnnxGraph graph;
  private final Attention attention;
  private final SequenceValues sequences;
  private final RotatedHeads heads;
  private final String mask;

  StandardAttention(OnnxGraph graph, Attention attention, SequenceValues sequences) {
    this.graph = graph;
    this.attention = attention;
    this.sequences = sequences;
    heads = new RotatedHeads(graph, attention, sequences);
    mask = CausalMask.of(graph, sequences, attention.reach());
  }

  @Override
  public Result attend(Projections projections, Past past) {
    String key = heads.of(projections.key(), attention.keyValueHeads(), projections.rotatedKey());
    String value = sequences.split(graph, projections.value(), attention.keyValueWidth());
    boolean sinks = !projections.sinks().isEmpty();
    List<String> results =
        graph
            .node(
                "Attention",
                heads.of(projections.query(), attention.heads(), projections.rotatedQuery()),
                sinks ? withOneMore(key) : key,
                sinks ? withOneMore(value) : value,
                sinks ? withSinks(projections.sinks()) : mask,
                past.key(),
                past.value())
            .with("q_num_heads", attention.heads())
            .with("kv_num_heads", attention.keyValueHeads())
            .with("scale", (float) attention.scale())
            .outputs(3);
    String rows =
        graph
            .node("Reshape", results.getFirst(), graph.constant(-1, attention.queryWidth()))
            .output();
    return sinks
        ? new Result(rows, withoutLast(results.get(1)), withoutLast(results.get(2)))
        : new Result(rows, results.get(1), results.get(2));
  }

  /**
   * The sequence and one token of zeros after it: its score is zero before the mask is added, and
   * it yields nothing, which makes it a sink whose logit is what the mask adds.
   *
   * @param split {@code [batch, sequence, keyValueHeads * headDim]}
   */
  private String withOneMore(String split) {
    return graph.node("Pad", split, graph.constant(0, 0, 0, 0, 1, 0), graph.scalar(0f)).output();
  }

  /** What is added to scores, sinks last, {@code [1, heads, sequence, total + 1]}. */
  private String withSinks(String sinks) {
    String added =
        graph.node("Where", mask, graph.scalar(0f), graph.scalar(Float.NEGATIVE_INFINITY)).output();
    String queries = graph.node("Shape", added).with("start", 0).with("end", 1).output();
    String keys = graph.node("Shape", added).with("start", 1).with("end", 2).output();
    String all = graph.constant(1, attention.heads());
    String ofKeys =
        graph
            .node(
                "Expand", added, graph.node("Concat", all, queries, keys).with("axis", 0).output())
            .output();
    String ofSinks =
        graph
            .node(
                "Expand",
                graph.node("Reshape", sinks, graph.constant(1, attention.heads(), 1, 1)).output(),
                graph.node("Concat", all, queries, graph.constant(1)).with("axis", 0).output())
            .output();
    return graph.node("Concat", ofKeys, ofSinks).with("axis", -1).output();
  }

  /** All keys or values but the one that stands for the sinks. */
  private String withoutLast(String present) {
    return graph
        .node("Slice", present, graph.constant(0), graph.constant(-1), graph.constant(2))
        .output();
  }
}
