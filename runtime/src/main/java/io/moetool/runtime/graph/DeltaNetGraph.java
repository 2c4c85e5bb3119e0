package io.moetool.runtime.graph;

import io.moetool.formats.family.DeltaNet;
import io.moetool.formats.family.TensorRole;
import io.moetool.formats.onnx.OnnxGraph;
import java.util.List;

/** A gated delta net with its projections. */
final class DeltaNetGraph implements MixerGraph {
  /** Added to the squared length of queries and keys before they are divided by it. */
  private static final float LENGTH_EPSILON = 1e-6f;

  private final OnnxGraph graph;
  private final DeltaNet net;
  private final RecurrentSequences sequences;
  private final CausalConvolution convolution;
  private final DeltaRule rule;

  DeltaNetGraph(OnnxGraph graph, DeltaNet net, SequenceValues values, DeltaRule rule) {
    this.graph = graph;
    this.net = net;
    this.rule = rule;
    sequences = new RecurrentSequences(graph, values);
    convolution =
        new CausalConvolution(graph, sequences, net.convolutionWidth(), net.convolution());
  }

  @Override
  public List<Memory> memories() {
    return List.of(convolution.memory(), matrices());
  }

  private Memory matrices() {
    return Memory.ofFixedExtents("recurrent", net.valueHeads(), net.keyDim(), net.valueDim());
  }

  /**
   * Projections of a token.
   *
   * @param mixed queries, keys and values before the convolution, {@code [rows, convolutionWidth]}
   * @param gate {@code [rows, valueWidth]}
   * @param rate {@code [rows, valueHeads]}, before the sigmoid
   * @param decay {@code [rows, valueHeads]}, before bias and softplus
   */
  private record Projected(String mixed, String gate, String rate, String decay) {}

  @Override
  public Mixed mix(Layers layers, String x, List<String> past) {
    Projected projected =
        layers.has(TensorRole.DELTA_BY_HEAD) ? byHead(layers, x) : apart(layers, x);
    CausalConvolution.Result convolved =
        convolution.apply(layers, projected.mixed(), false, past.isEmpty() ? "" : past.getFirst());
    List<String> parts =
        split(convolved.output(), -1, net.keyWidth(), net.keyWidth(), net.valueWidth());
    DeltaRule.Result result =
        rule.apply(
            new DeltaRule.Tokens(
                ofValueHeads(unit(parts.get(0))),
                ofValueHeads(unit(parts.get(1))),
                parts.get(2),
                sequences.withoutPadding(decay(layers, projected.decay())),
                sequences.withoutPadding(rate(projected.rate()))),
            past.isEmpty()
                ? sequences.zeros(net.valueHeads(), net.keyDim(), net.valueDim())
                : past.getLast());
    return new Mixed(
        layers.linear(
            gated(layers, result.output(), projected.gate()), TensorRole.RECURRENT_OUTPUT, false),
        List.of(convolved.state(), result.state()));
  }

  private Projected apart(Layers layers, String x) {
    return new Projected(
        layers.linear(x, TensorRole.DELTA_MIXED, false),
        layers.linear(x, TensorRole.DELTA_GATE, false),
        layers.linear(x, TensorRole.DELTA_RATE, false),
        layers.linear(x, TensorRole.DELTA_STEP, false));
  }

  /** Each key head's rows together: query, key, its value heads' values, gates; rates, decays. */
  private Projected byHead(Layers layers, String x) {
    int values = net.sharing() * net.valueDim();
    List<String> wide =
        split(
            ofKeyHeads(layers.linear(x, TensorRole.DELTA_BY_HEAD, false)),
            2,
            net.keyDim(),
            net.keyDim(),
            values,
            values);
    List<String> narrow =
        split(
            ofKeyHeads(layers.linear(x, TensorRole.DELTA_RATES_BY_HEAD, false)),
            2,
            net.sharing(),
            net.sharing());
    String mixed =
        graph
            .node(
                "Concat",
                rows(wide.get(0), net.keyWidth()),
                rows(wide.get(1), net.keyWidth()),
                rows(wide.get(2), net.valueWidth()))
            .with("axis", 1)
            .output();
    return new Projected(
        mixed,
        rows(wide.get(3), net.valueWidth()),
        rows(narrow.get(0), net.valueHeads()),
        rows(narrow.get(1), net.valueHeads()));
  }

  /** {@code -exp(A) * softplus(a + bias)}, {@code [batch, sequence, valueHeads]}. */
  private String decay(Layers layers, String projected) {
    String speed =
        graph
            .node("Neg", graph.node("Exp", layers.weight(TensorRole.RECURRENT_DECAY)).output())
            .output();
    String step =
        graph
            .node(
                "Softplus",
                graph.node("Add", projected, layers.weight(TensorRole.DELTA_STEP_BIAS)).output())
            .output();
    return sequences.split(graph.node("Mul", step, speed).output(), net.valueHeads());
  }

  private String rate(String projected) {
    return sequences.split(graph.node("Sigmoid", projected).output(), net.valueHeads());
  }

  /** Query or key heads divided by their length, {@code [batch, sequence, keyHeads, 1, keyDim]}. */
  private String unit(String values) {
    String heads =
        graph
            .node("Reshape", values, graph.constant(0, 0, net.keyHeads(), 1, net.keyDim()))
            .output();
    String square =
        graph.node("ReduceSumSquare", heads, graph.constant(-1)).with("keepdims", 1).output();
    String length =
        graph
            .node("Sqrt", graph.node("Add", square, graph.scalar(LENGTH_EPSILON)).output())
            .output();
    return graph.node("Div", heads, length).output();
  }

  /** Each query or key head once for every value head that shares it. */
  private String ofValueHeads(String heads) {
    String repeated =
        net.sharing() == 1
            ? heads
            : graph.node("Expand", heads, graph.constant(1, 1, 1, net.sharing(), 1)).output();
    return graph
        .node(
            "Reshape",
            repeated,
            graph.constant(0, 0, Math.multiplyExact(net.valueHeads(), net.keyDim())))
        .output();
  }

  /** Heads normed each by itself, then gated; {@code [rows, valueWidth]}. */
  private String gated(Layers layers, String values, String gate) {
    String normed =
        layers.rootMeanSquare(
            rows(values, net.valueDim()), layers.weight(TensorRole.RECURRENT_NORM));
    return graph.node("Mul", rows(normed, net.valueWidth()), layers.silu(gate)).output();
  }

  /** {@code [rows, keyHeads, width]}. */
  private String ofKeyHeads(String rows) {
    return graph.node("Reshape", rows, graph.constant(0, net.keyHeads(), -1)).output();
  }

  private String rows(String values, int width) {
    return graph.node("Reshape", values, graph.constant(-1, width)).output();
  }

  private List<String> split(String values, int axis, long... widths) {
    return graph
        .node("Split", values, graph.constant(widths))
        .with("axis", axis)
        .outputs(widths.length);
  }
}
