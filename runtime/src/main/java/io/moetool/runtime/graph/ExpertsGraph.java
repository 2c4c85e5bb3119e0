package io.moetool.runtime.graph;

import io.moetool.formats.Shape;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.ExpertFunction;
import io.moetool.formats.family.MoeBlock;
import io.moetool.formats.family.RoutedExpert;
import io.moetool.formats.family.RouterSpec;
import io.moetool.formats.family.TensorRole;
import io.moetool.formats.onnx.OnnxGraph;
import io.moetool.formats.onnx.OnnxNode;

/** The routed experts of an exported layer, in one fused operator or expert by expert. */
final class ExpertsGraph {
  /** Router logit of an expert that is not chosen: its probability underflows to zero. */
  private static final float NOT_CHOSEN = -1e30f;

  private final OnnxGraph graph;
  private final Architecture architecture;
  private final OperatorForm form;
  private final ExternalData data;

  ExpertsGraph(OnnxGraph graph, Architecture architecture, OperatorForm form, ExternalData data) {
    this.graph = graph;
    this.architecture = architecture;
    this.form = form;
    this.data = data;
  }

  /** Sum of the weighted outputs of a layer's experts, {@code [rows, H]}. */
  String build(int layer, String x, String logits, StoredWeights weights) {
    return switch (architecture.moe().routing()) {
      case RouterSpec.TopScores spec when isFused() && isSoftmaxOfTheOperator(spec) ->
          fused(layer, x, logits, !(spec.weighting() instanceof RouterSpec.Weighting.Plain));
      case RouterSpec.TopScores spec -> {
        String bias = spec.selectionBias() ? weights.weight(TensorRole.SELECTION_BIAS) : "";
        RouterGraph router = new RouterGraph(graph, spec, architecture.moe().experts());
        yield withCoefficients(layer, x, router.coefficients(logits, bias), weights);
      }
      case RouterSpec.SparseMixer spec ->
          withCoefficients(
              layer, x, new SparseMixerGraph(graph, spec).coefficients(logits), weights);
    };
  }

  private String withCoefficients(int layer, String x, String coefficients, StoredWeights weights) {
    RouterSpec routing = architecture.moe().routing();
    boolean onInput = routing.appliesTo() == RouterSpec.AppliesTo.INPUT;
    if (isFused() && onInput && routing.expertsPerToken() == 1) {
      return fusedOnScaledInput(layer, x, coefficients);
    }
    return isFused() && !onInput
        ? fusedWithCoefficients(layer, x, coefficients)
        : new ExpertLoop(graph, architecture).build(x, coefficients, weights);
  }

  /**
   * Whether the fused operator computes these experts; it takes biases of gate and up projections
   * that alternate.
   */
  private boolean isFused() {
    RoutedExpert expert = architecture.moe().expert();
    return form == OperatorForm.FUSED && (!expert.biased() || expert.stack().interleaved());
  }

  /** The fused operator's own routing: softmax over all experts, raw or renormalised. */
  private static boolean isSoftmaxOfTheOperator(RouterSpec.TopScores spec) {
    return !spec.selectionBias()
        && spec.groups().equals(RouterSpec.Groups.NONE)
        && spec.scale() == 1
        && switch (spec.weighting()) {
          case RouterSpec.Weighting.Plain _, RouterSpec.Weighting.Sum _ ->
              spec.score() == RouterSpec.Score.SOFTMAX;
          // The softmax over the best logits is that over all, renormalised.
          case RouterSpec.Weighting.SoftmaxOverSelected _ ->
              spec.score() == RouterSpec.Score.SOFTMAX || spec.score() == RouterSpec.Score.IDENTITY;
          default -> false;
        };
  }

  /**
   * The softmax of logarithms gives back the coefficients divided by their sum, so any coefficients
   * can be expressed exactly.
   */
  private String fusedWithCoefficients(int layer, String x, String coefficients) {
    String chosen = graph.node("Greater", coefficients, graph.scalar(0f)).output();
    String logits =
        graph
            .node(
                "Where", chosen, graph.node("Log", coefficients).output(), graph.scalar(NOT_CHOSEN))
            .output();
    String total =
        graph.node("ReduceSum", coefficients, graph.constant(-1)).with("keepdims", 1).output();
    return graph.node("Mul", fused(layer, x, logits, true), total).output();
  }

  /** One expert a token: its input is scaled before the operator, which then weighs it with 1. */
  private String fusedOnScaledInput(int layer, String x, String coefficients) {
    String chosen =
        graph.node("ReduceSum", coefficients, graph.constant(-1)).with("keepdims", 1).output();
    return fused(layer, graph.node("Mul", x, chosen).output(), coefficients, true);
  }

  private String fused(int layer, String x, String logits, boolean renormalise) {
    MoeBlock moe = architecture.moe();
    String base = "model.layers." + layer + ".moe.experts.";
    String gateUp =
        data.value(
            graph,
            base + "gate_up_proj.weight",
            Shape.of(moe.experts(), 2L * moe.expertWidth(), architecture.hidden()),
            new StoredContent.InterleavedGateUp(layer));
    String down =
        data.value(
            graph,
            base + "down_proj.weight",
            Shape.of(moe.experts(), architecture.hidden(), moe.expertWidth()),
            new StoredContent.StackedDown(layer));
    OnnxNode node =
        graph
            .contrib(
                "MoE",
                x,
                logits,
                gateUp,
                bias(
                    base + "gate_up_proj.bias",
                    layer,
                    TensorRole.EXPERTS_GATE_UP,
                    2L * moe.expertWidth()),
                down,
                bias(
                    base + "down_proj.bias", layer, TensorRole.EXPERTS_DOWN, architecture.hidden()))
            .with("k", moe.routing().expertsPerToken())
            .with("activation_type", "swiglu")
            .with("swiglu_fusion", 1)
            .with("normalize_routing_weights", renormalise ? 1 : 0);
    return switch (moe.expert().function()) {
      case ExpertFunction.GatedSilu _ ->
          node.with("activation_alpha", 1f).with("activation_beta", 0f).output();
      case ExpertFunction.ClampedSwiglu(double limit, double alpha) ->
          node.with("activation_alpha", (float) alpha)
              .with("activation_beta", 1f)
              .with("swiglu_limit", (float) limit)
              .output();
    };
  }

  /** A bias of all experts as it is stored. */
  private String bias(String name, int layer, TensorRole role, long width) {
    return architecture.moe().expert().biased()
        ? data.value(
            graph,
            name,
            Shape.of(architecture.moe().experts(), width),
            new StoredContent.Tensor(architecture.names().bias(role, layer)))
        : "";
  }
}
