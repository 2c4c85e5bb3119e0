package io.moetool.runtime.graph;

import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.ExpertFunction;
import io.moetool.formats.family.Norm;
import io.moetool.formats.family.OutputHead;
import io.moetool.formats.family.TensorRole;
import io.moetool.formats.family.Wiring;
import io.moetool.formats.onnx.OnnxGraph;
import io.moetool.formats.onnx.OnnxNode;
import java.util.List;

/**
 * The blocks of a decoder layer. Hidden states are {@code [rows, H]}, one row a token of any
 * sequence; only mixers look at sequences.
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

  /** Whether the checkpoint stores tensors of this role. */
  boolean has(TensorRole role) {
    return architecture.names().has(role);
  }

  /** The model's norm over the last axis. */
  String norm(String x, TensorRole role) {
    return switch (architecture.norm().kind()) {
      case RMS, RMS_PLUS_ONE -> rootMeanSquare(x, role);
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
   * {@code hidden + mixer(norm(hidden))}.
   *
   * @param hidden {@code [rows, H]}; the result's output is the new hidden state
   */
  MixerGraph.Mixed mix(String hidden, MixerGraph mixer, List<String> past) {
    MixerGraph.Mixed mixed = mixer.mix(this, blockInput(hidden, TensorRole.ATTENTION_NORM), past);
    return new MixerGraph.Mixed(
        join(hidden, mixed.output(), TensorRole.ATTENTION_NORM), mixed.present());
  }

  /** Router logits {@code [rows, E]}. */
  String routerLogits(String x) {
    return linear(x, TensorRole.ROUTER, architecture.moe().routerBias());
  }

  /** One routed expert on its rows. */
  String expert(String x) {
    return new ExpertGraph(graph, architecture, this).build(x);
  }

  /** What the last projection of one routed expert multiplies, {@code [rows, I]}. */
  String expertActivations(String x) {
    return new ExpertGraph(graph, architecture, this).activations(x);
  }

  /** The expert that every token uses. */
  String shared(String x) {
    return gatedShared(x, sharedExpert(x));
  }

  /** What the expert that every token uses yields before its gate, if it has one. */
  String sharedExpert(String x) {
    return has(TensorRole.SHARED_GATE_UP)
        ? gatedByHalf(x, TensorRole.SHARED_GATE_UP, TensorRole.SHARED_DOWN)
        : gated(x, TensorRole.SHARED_GATE, TensorRole.SHARED_UP, TensorRole.SHARED_DOWN);
  }

  /** The shared expert's output {@code y} after its gate, if it has one. */
  String gatedShared(String x, String y) {
    if (!architecture.moe().shared().orElseThrow().gated()) {
      return y;
    }
    String gate = graph.node("Sigmoid", linear(x, TensorRole.SHARED_ROUTER, false)).output();
    return graph.node("Mul", y, gate).output();
  }

  /** The dense feed-forward block of a layer without experts. */
  String dense(String x) {
    if (architecture.moe().expert().function() instanceof ExpertFunction.Relu) {
      String inner = graph.node("Relu", linear(x, TensorRole.DENSE_UP, false)).output();
      return linear(inner, TensorRole.DENSE_DOWN, false);
    }
    return gated(x, TensorRole.DENSE_GATE, TensorRole.DENSE_UP, TensorRole.DENSE_DOWN);
  }

  /** Logits {@code [rows, vocabulary]} of a final hidden state. */
  String head(String hidden) {
    String x = norm(hidden, TensorRole.FINAL_NORM);
    OutputHead head = architecture.head();
    String logits = byParts(x, head.tied() ? TensorRole.EMBEDDING : TensorRole.HEAD);
    if (!head.tied() && head.bias()) {
      logits = graph.node("Add", logits, weights.bias(TensorRole.HEAD)).output();
    }
    return scaled(logits, architecture.wiring().logitScale());
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

  /** {@code silu(gate) * up}. */
  String siluTimes(String gate, String up) {
    return graph.node("Mul", silu(gate), up).output();
  }

  /** {@code x * sigmoid(x)}. */
  String silu(String x) {
    return graph.node("Mul", x, graph.node("Sigmoid", x).output()).output();
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

  /** RMS norm over the last axis, of whatever extent the role's weight has. */
  String rootMeanSquare(String x, TensorRole role) {
    return rootMeanSquare(x, role, architecture.norm().epsilon());
  }

  /** RMS norm over the last axis with an epsilon of its own. */
  String rootMeanSquare(String x, TensorRole role, double epsilon) {
    String weight = weights.weight(role);
    if (architecture.norm().kind() == Norm.Kind.RMS_PLUS_ONE) {
      weight = graph.node("Add", weight, graph.scalar(1f)).output();
    }
    return rootMeanSquare(x, weight, epsilon);
  }

  /** RMS norm over the last axis with the model's epsilon and weights from anywhere. */
  String rootMeanSquare(String x, String weight) {
    return rootMeanSquare(x, weight, architecture.norm().epsilon());
  }

  private String rootMeanSquare(String x, String weight, double epsilon) {
    return graph
        .node("RMSNormalization", x, weight)
        .with("axis", -1)
        .with("epsilon", (float) epsilon)
        .output();
  }

  /** A weight as it is stored. */
  String weight(TensorRole role) {
    return weights.weight(role);
  }

  /** A bias as it is stored. */
  String bias(TensorRole role) {
    return weights.bias(role);
  }

  /** {@code x W^T} of a weight that may come in parts. */
  private String byParts(String x, TensorRole role) {
    String[] products =
        weights.parts(role).stream()
            .map(part -> graph.node("Gemm", x, part).with("transB", 1).output())
            .toArray(String[]::new);
    return products.length == 1
        ? products[0]
        : graph.node("Concat", products).with("axis", -1).output();
  }

  /** {@code x W^T}, or {@code x W^T + b}. */
  String linear(String x, TensorRole role, boolean bias) {
    return product(x, role, bias).with("transB", 1).output();
  }

  /** {@code x W}, or {@code x W + b}, of a weight stored {@code [in, out]}. */
  String linearTransposed(String x, TensorRole role, boolean bias) {
    return product(x, role, bias).output();
  }

  private OnnxNode product(String x, TensorRole role, boolean bias) {
    return bias
        ? graph.node("Gemm", x, weights.weight(role), weights.bias(role))
        : graph.node("Gemm", x, weights.weight(role));
  }
}
