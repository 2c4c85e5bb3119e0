package io.moetool.runtime.graph;

import io.moetool.formats.family.Attention;
import io.moetool.formats.family.LatentAttention;
import io.moetool.formats.family.TensorRole;
import io.moetool.formats.onnx.OnnxGraph;
import java.util.List;

/**
 * Multi-head latent attention with its projections, in operators of the ONNX standard.
 *
 * <p>Whole sequences are attended to as the model is written down: keys and values of every head
 * are projected from the latents. A graph that remembers keeps the latents and the rotated keys
 * instead, which is what makes this attention cheap to continue, and never projects the past again:
 * a head's product with keys {@code k = U c} is {@code q . U c = (U^T q) . c}, and what it makes of
 * values {@code v = V c} is {@code V} times what it would make of the latents. So every head looks
 * at the same latents, like query heads that share one key/value head. The two ways are equal but
 * for rounding; the second needs more products when many tokens come at once.
 */
final class LatentAttentionGraph implements MixerGraph {
  private static final int HEAD_AXIS = 1;
  private static final int TOKEN_AXIS = 2;
  private static final int LAST_AXIS = -1;

  private final OnnxGraph graph;
  private final LatentAttention attention;
  private final SequenceValues sequences;
  private final Rotator rotator;
  private final String mask;

  /**
   * Queries or keys of a call.
   *
   * @param plain the part that is not rotated
   * @param rotated the part that is
   */
  private record Parts(String plain, String rotated) {}

  LatentAttentionGraph(OnnxGraph graph, LatentAttention attention, SequenceValues sequences) {
    this.graph = graph;
    this.attention = attention;
    this.sequences = sequences;
    rotator = new Rotator(graph, attention.rope().orElseThrow(), sequences);
    mask = CausalMask.of(graph, sequences, new Attention.Reach.Everything());
  }

  /**
   * Latents and rotated keys, under the names and in the layout of a single key/value head's keys
   * and values, so that what carries caches from call to call need not know of latents.
   */
  @Override
  public List<Memory> memories() {
    return List.of(
        memory("key", attention.keyValueRank()), memory("value", attention.rotaryWidth()));
  }

  private static Memory memory(String name, int width) {
    return new Memory(
        name, List.of("batch", 1, "past", width), List.of("batch", 1, "total", width));
  }

  @Override
  public Mixed mix(Layers layers, String x, List<String> past) {
    Parts query = queries(layers, x);
    Parts key = latents(layers, x);
    if (past.isEmpty()) {
      return new Mixed(output(layers, attendToHeads(layers, query, key)), List.of());
    }
    String latents = append(past.getFirst(), key.plain());
    String rotated = append(past.getLast(), key.rotated());
    return new Mixed(
        output(layers, attendToLatents(layers, query, new Parts(latents, rotated))),
        List.of(latents, rotated));
  }

  /** Queries, {@code [batch, heads, sequence, width]}. */
  private Parts queries(Layers layers, String x) {
    List<String> parts =
        split(
            heads(queryProjection(layers, x), attention.heads(), attention.keyWidth()),
            attention.plainWidth(),
            attention.rotaryWidth());
    return new Parts(parts.getFirst(), rotator.rotate(parts.getLast()));
  }

  private String queryProjection(Layers layers, String x) {
    if (attention.queryRank().isEmpty()) {
      return layers.linear(x, TensorRole.QUERY, false);
    }
    String down = layers.linear(x, TensorRole.QUERY_DOWN, attention.downBias());
    return layers.linear(
        normed(layers, down, TensorRole.QUERY_DOWN_NORM), TensorRole.QUERY_UP, false);
  }

  /** Latents and the rotated part of keys, {@code [batch, 1, sequence, width]}. */
  private Parts latents(Layers layers, String x) {
    int rank = attention.keyValueRank();
    List<String> parts =
        split(
            layers.linear(x, TensorRole.KEY_VALUE_DOWN, attention.downBias()),
            rank,
            attention.rotaryWidth());
    String latents = normed(layers, parts.getFirst(), TensorRole.KEY_VALUE_DOWN_NORM);
    return new Parts(
        heads(latents, 1, rank),
        rotator.rotate(heads(parts.getLast(), 1, attention.rotaryWidth())));
  }

  /** Keys and values of every head, projected from latents. */
  private String attendToHeads(Layers layers, Parts query, Parts key) {
    String rows =
        graph.node("Reshape", key.plain(), graph.constant(-1, attention.keyValueRank())).output();
    List<String> parts =
        split(
            heads(
                layers.linear(rows, TensorRole.KEY_VALUE_UP, false),
                attention.heads(),
                attention.plainWidth() + attention.valueWidth()),
            attention.plainWidth(),
            attention.valueWidth());
    String rotated =
        graph.node("Expand", key.rotated(), graph.constant(1, attention.heads(), 1, 1)).output();
    return attend(joined(query), joined(new Parts(parts.getFirst(), rotated)), parts.getLast());
  }

  /** Queries taken to the latents, and what they find there taken back to values. */
  private String attendToLatents(Layers layers, Parts query, Parts key) {
    String up =
        graph
            .node(
                "Reshape",
                layers.weight(TensorRole.KEY_VALUE_UP),
                graph.constant(
                    attention.heads(),
                    attention.plainWidth() + attention.valueWidth(),
                    attention.keyValueRank()))
            .output();
    List<String> parts =
        graph
            .node("Split", up, graph.constant(attention.plainWidth(), attention.valueWidth()))
            .with("axis", HEAD_AXIS)
            .outputs(2);
    String queries = graph.node("MatMul", query.plain(), parts.getFirst()).output();
    String found = attend(joined(new Parts(queries, query.rotated())), joined(key), key.plain());
    String values =
        graph.node("Transpose", parts.getLast()).with("perm", List.of(0L, 2L, 1L)).output();
    return graph.node("MatMul", found, values).output();
  }

  private String attend(String queries, String keys, String values) {
    return graph
        .node("Attention", queries, keys, values, mask)
        .with("scale", (float) attention.scale())
        .output();
  }

  /** The output projection of {@code [batch, heads, sequence, valueWidth]}. */
  private String output(Layers layers, String attended) {
    String rows =
        graph
            .node("Reshape", transposed(attended), graph.constant(-1, attention.outputWidth()))
            .output();
    return layers.linear(rows, TensorRole.OUTPUT, attention.outputBias());
  }

  private String normed(Layers layers, String x, TensorRole role) {
    return layers.rootMeanSquare(x, role, attention.latentEpsilon());
  }

  private String append(String past, String present) {
    return graph.node("Concat", past, present).with("axis", TOKEN_AXIS).output();
  }

  private String joined(Parts parts) {
    return graph.node("Concat", parts.plain(), parts.rotated()).with("axis", LAST_AXIS).output();
  }

  private List<String> split(String x, int first, int second) {
    return graph.node("Split", x, graph.constant(first, second)).with("axis", LAST_AXIS).outputs(2);
  }

  /** Rows {@code [rows, count * width]} as {@code [batch, count, sequence, width]}. */
  private String heads(String rows, int count, int width) {
    String split = sequences.split(graph, rows, count * width);
    return transposed(graph.node("Reshape", split, graph.constant(0, 0, count, width)).output());
  }

  /** Heads before tokens, or tokens before heads. */
  private String transposed(String x) {
    return graph.node("Transpose", x).with("perm", List.of(0L, 2L, 1L, 3L)).output();
  }
}
