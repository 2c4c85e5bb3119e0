package io.moetool.runtime.graph;

import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.Attention;
import io.moetool.formats.family.Rope;
import io.moetool.formats.family.TensorRole;
import io.moetool.formats.family.Wiring;
import io.moetool.formats.onnx.OnnxGraph;
import io.moetool.formats.onnx.OnnxNode;
import java.util.List;

/**
 * The blocks of a decoder layer. Hidden states are {@code [rows, H]}, one row a token of any
 * sequence; only attention looks at sequences.
 */
final class Layers {
  private final OnnxGraph graph;
  private final Architecture architecture;
  private final WeightSource weights;

  Layers(OnnxGraph graph, Architecture architecture, WeightSource weights) {
    this.graph = graph;
    this.architecture = architecture;
    this.weights = weights;
  }

  /** The model's norm over the last axis. */
  String norm(String x, TensorRole role) {
    return switch (architecture.norm().kind()) {
      case RMS -> rootMeanSquare(x, role);
      case LAYER ->
          graph
              .node("LayerNormalization", x, weights.weight(role), weights.bias(role))
              .with("axis", -1)
              .with("epsilon", (float) architecture.norm().epsilon())
              .output();
    };
  }

  /** Input of a block: normed, unless the model norms what a block yields. */
  String blockInput(String hidden, TensorRole norm) {
    return isNormBefore() ? norm(hidden, norm) : hidden;
  }

  /** {@code hidden} and what a block adds to it. */
  String join(String hidden, String block, TensorRole norm) {
    String added = scaled(isNormBefore() ? block : norm(block, norm), residualScale());
    return graph.node("Add", hidden, added).output();
  }

  /**
   * {@code hidden + attention(norm(hidden))}.
   *
   * @param hidden {@code [rows, H]}; the result's output is the new hidden state
   */
  SequenceAttention.Result attention(
      String hidden, SequenceAttention sequences, SequenceAttention.Past past) {
    Attention attention = architecture.attention();
    String x = blockInput(hidden, TensorRole.ATTENTION_NORM);
    SequenceAttention.Result attended =
        sequences.attend(
            new SequenceAttention.Projections(
                projection(x, TensorRole.QUERY, TensorRole.QUERY_NORM, attention.queryWidth()),
                projection(x, TensorRole.KEY, TensorRole.KEY_NORM, attention.keyValueWidth()),
                clip(linear(x, TensorRole.VALUE, attention.projectionBias())),
                rotated -> normRotated(rotated, TensorRole.QUERY_NORM),
                rotated -> normRotated(rotated, TensorRole.KEY_NORM)),
            past);
    String projected = linear(attended.output(), TensorRole.OUTPUT, attention.outputBias());
    return new SequenceAttention.Result(
        join(hidden, projected, TensorRole.ATTENTION_NORM),
        attended.presentKey(),
        attended.presentValue());
  }

  /** Router logits {@code [rows, E]}. */
  String routerLogits(String x) {
    return linear(x, TensorRole.ROUTER, false);
  }

  /** One expert on its rows. */
  String expert(String x) {
    return architecture.names().has(TensorRole.EXPERTS_GATE_UP)
        ? gatedByHalf(x, TensorRole.EXPERTS_GATE_UP, TensorRole.EXPERTS_DOWN)
        : gated(x, TensorRole.EXPERT_GATE, TensorRole.EXPERT_UP, TensorRole.EXPERT_DOWN);
  }

  /** The expert that every token uses. */
  String shared(String x) {
    String y =
        architecture.names().has(TensorRole.SHARED_GATE_UP)
            ? gatedByHalf(x, TensorRole.SHARED_GATE_UP, TensorRole.SHARED_DOWN)
            : gated(x, TensorRole.SHARED_GATE, TensorRole.SHARED_UP, TensorRole.SHARED_DOWN);
    if (!architecture.moe().shared().orElseThrow().gated()) {
      return y;
    }
    String gate = graph.node("Sigmoid", linear(x, TensorRole.SHARED_ROUTER, false)).output();
    return graph.node("Mul", y, gate).output();
  }

  /** The dense feed-forward block of a layer without experts. */
  String dense(String x) {
    return gated(x, TensorRole.DENSE_GATE, TensorRole.DENSE_UP, TensorRole.DENSE_DOWN);
  }

  /** Logits {@code [rows, vocabulary]} of a final hidden state. */
  String head(String hidden) {
    String x = norm(hidden, TensorRole.FINAL_NORM);
    TensorRole role = architecture.tiedHead() ? TensorRole.EMBEDDING : TensorRole.HEAD;
    return scaled(linear(x, role, false), architecture.wiring().logitScale());
  }

  /** Number of rotation angles per position for the cosine and sine tables. */
  static int angles(Rope rope) {
    return rope.rotaryDim() / 2;
  }

  private String gated(String x, TensorRole gate, TensorRole up, TensorRole down) {
    String g = linear(x, gate, false);
    return linear(siluTimes(g, linear(x, up, false)), down, false);
  }

  /** Gate and up projection in one product, of which the gate is the first half. */
  private String gatedByHalf(String x, TensorRole gateUp, TensorRole down) {
    List<String> halves =
        graph
            .node("Split", linear(x, gateUp, false))
            .with("axis", -1)
            .with("num_outputs", 2)
            .outputs(2);
    return linear(siluTimes(halves.getFirst(), halves.getLast()), down, false);
  }

  private String siluTimes(String gate, String up) {
    String silu = graph.node("Mul", gate, graph.node("Sigmoid", gate).output()).output();
    return graph.node("Mul", silu, up).output();
  }

  private String projection(String x, TensorRole role, TensorRole normRole, int width) {
    Attention attention = architecture.attention();
    String projected = linear(x, role, attention.projectionBias());
    if (attention.normsRotated()) {
      return clip(projected);
    }
    return clip(
        switch (attention.queryKeyNorm()) {
          case NONE -> projected;
          case WHOLE -> rootMeanSquare(projected, normRole);
          case PER_HEAD ->
              graph
                  .node("Reshape", normHeads(projected, normRole), graph.constant(-1, width))
                  .output();
        });
  }

  private String normRotated(String rotated, TensorRole normRole) {
    return architecture.attention().normsRotated() ? normHeads(rotated, normRole) : rotated;
  }

  private String normHeads(String values, TensorRole normRole) {
    String heads =
        graph
            .node("Reshape", values, graph.constant(-1, architecture.attention().headDim()))
            .output();
    return rootMeanSquare(heads, normRole);
  }

  private String clip(String x) {
    if (architecture.attention().clip().isEmpty()) {
      return x;
    }
    float bound = (float) architecture.attention().clip().getAsDouble();
    return graph.node("Clip", x, graph.scalar(-bound), graph.scalar(bound)).output();
  }

  private boolean isNormBefore() {
    return architecture.wiring().normPlace() == Wiring.NormPlace.BEFORE;
  }

  private double residualScale() {
    return architecture.wiring().residualScale();
  }

  /** A value times a factor; no node where the factor is 1. */
  String scaled(String x, double factor) {
    return factor == 1 ? x : graph.node("Mul", x, graph.scalar((float) factor)).output();
  }

  private String rootMeanSquare(String x, TensorRole role) {
    return graph
        .node("RMSNormalization", x, weights.weight(role))
        .with("axis", -1)
        .with("epsilon", (float) architecture.norm().epsilon())
        .output();
  }

  private String linear(String x, TensorRole role, boolean bias) {
    OnnxNode node =
        bias
            ? graph.node("Gemm", x, weights.weight(role), weights.bias(role))
            : graph.node("Gemm", x, weights.weight(role));
    return node.with("transB", 1).output();
  }
}
