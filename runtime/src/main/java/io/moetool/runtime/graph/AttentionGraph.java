package io.moetool.runtime.graph;

import io.moetool.formats.family.Attention;
import io.moetool.formats.family.TensorRole;
import io.moetool.formats.onnx.OnnxGraph;
import io.moetool.formats.onnx.OnnxType;
import java.util.List;

/** Grouped-query attention with its projections. */
final class AttentionGraph implements MixerGraph {
  private final OnnxGraph graph;
  private final Attention attention;
  private final SequenceValues values;
  private final SequenceAttention sequences;

  AttentionGraph(
      OnnxGraph graph, Attention attention, SequenceValues values, SequenceAttention sequences) {
    this.graph = graph;
    this.attention = attention;
    this.values = values;
    this.sequences = sequences;
  }

  @Override
  public List<Memory> memories() {
    return List.of(memory("key"), memory("value"));
  }

  private Memory memory(String name) {
    int heads = attention.keyValueHeads();
    int width = attention.headDim();
    return new Memory(
        name, List.of("batch", heads, "past", width), List.of("batch", heads, "total", width));
  }

  @Override
  public Mixed mix(Layers layers, String x, List<String> past) {
    Queries queries = queries(layers.linear(x, TensorRole.QUERY, attention.projectionBias()));
    SequenceAttention.Result attended =
        sequences.attend(
            new SequenceAttention.Projections(
                tempered(
                    normed(
                        layers, queries.values(), TensorRole.QUERY_NORM, attention.queryWidth())),
                normed(
                    layers,
                    layers.linear(x, TensorRole.KEY, attention.projectionBias()),
                    TensorRole.KEY_NORM,
                    attention.keyValueWidth()),
                clip(layers.linear(x, TensorRole.VALUE, attention.projectionBias())),
                attention.sinks() ? layers.weight(TensorRole.SINKS) : "",
                rotated -> normRotated(layers, rotated, TensorRole.QUERY_NORM),
                rotated -> normRotated(layers, rotated, TensorRole.KEY_NORM)),
            past.isEmpty()
                ? SequenceAttention.Past.NONE
                : new SequenceAttention.Past(past.getFirst(), past.getLast()));
    return new Mixed(
        layers.linear(
            gated(attended.output(), queries.gates()), TensorRole.OUTPUT, attention.outputBias()),
        List.of(attended.presentKey(), attended.presentValue()));
  }

  /**
   * Queries, and the gates that come with them.
   *
   * @param values {@code [rows, heads * headDim]}
   * @param gates {@code [rows, heads * headDim]}, or empty
   */
  private record Queries(String values, String gates) {}

  private Queries queries(String projected) {
    if (!attention.outputGate()) {
      return new Queries(projected, "");
    }
    String heads =
        graph
            .node(
                "Reshape", projected, graph.constant(-1, attention.heads(), 2, attention.headDim()))
            .output();
    return new Queries(ofEachHead(heads, 0), ofEachHead(heads, 1));
  }

  private String ofEachHead(String heads, long part) {
    String picked = graph.node("Gather", heads, graph.scalar(part)).with("axis", 2).output();
    return graph.node("Reshape", picked, graph.constant(-1, attention.queryWidth())).output();
  }

  private String gated(String attended, String gates) {
    return gates.isEmpty()
        ? attended
        : graph.node("Mul", attended, graph.node("Sigmoid", gates).output()).output();
  }

  private String normed(Layers layers, String projected, TensorRole normRole, int width) {
    if (attention.normsRotated()) {
      return clip(projected);
    }
    return clip(
        switch (attention.queryKeyNorm()) {
          case NONE -> projected;
          case WHOLE -> layers.rootMeanSquare(projected, normRole);
          case PER_HEAD, PER_HEAD_WEIGHTLESS ->
              graph
                  .node(
                      "Reshape", normHeads(layers, projected, normRole), graph.constant(-1, width))
                  .output();
        });
  }

  private String normRotated(Layers layers, String rotated, TensorRole normRole) {
    return attention.normsRotated() && attention.queryKeyNorm() != Attention.QueryKeyNorm.NONE
        ? normHeads(layers, rotated, normRole)
        : rotated;
  }

  private String normHeads(Layers layers, String values, TensorRole normRole) {
    String heads = graph.node("Reshape", values, graph.constant(-1, attention.headDim())).output();
    return attention.queryKeyNorm() == Attention.QueryKeyNorm.PER_HEAD_WEIGHTLESS
        ? layers.rootMeanSquare(heads, ones())
        : layers.rootMeanSquare(heads, normRole);
  }

  private String ones() {
    return graph.node("Expand", graph.scalar(1f), graph.constant(attention.headDim())).output();
  }

  /** Queries {@code [rows, width]} times the factor of their position. */
  private String tempered(String queries) {
    if (attention.temperature().isEmpty()) {
      return queries;
    }
    Attention.Temperature temperature = attention.temperature().get();
    String seen =
        graph
            .node("Cast", graph.node("Add", values.positions(graph), graph.scalar(1L)).output())
            .with("to", OnnxType.FLOAT.number())
            .output();
    String whole =
        graph
            .node(
                "Floor",
                graph.node("Div", seen, graph.scalar((float) temperature.floor())).output())
            .output();
    String logarithm =
        graph.node("Log", graph.node("Add", whole, graph.scalar(1f)).output()).output();
    String grown = graph.node("Mul", logarithm, graph.scalar((float) temperature.scale())).output();
    String factors = graph.node("Add", grown, graph.scalar(1f)).output();
    return graph
        .node("Mul", queries, graph.node("Reshape", factors, graph.constant(-1, 1)).output())
        .output();
  }

  private String clip(String x) {
    if (attention.clip().isEmpty()) {
      return x;
    }
    float bound = (float) attention.clip().getAsDouble();
    return graph.node("Clip", x, graph.scalar(-bound), graph.scalar(bound)).output();
  }
}
