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
import io.moetool.formats.onnx.OnnxType;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/** The routed experts of an exported layer, in one fused operator or expert by expert. */
final class ExpertsGraph {
  /** Router logit of an expert that is not chosen: its probability underflows to zero. */
  private static final float NOT_CHOSEN = -1e30f;

  private final OnnxGraph graph;
  private final Architecture architecture;
  private final HeldExperts held;
  private final OperatorForm form;
  private final ExportPrecision precision;
  private final ExternalData data;

  ExpertsGraph(
      OnnxGraph graph,
      Architecture architecture,
      HeldExperts held,
      OperatorForm form,
      ExportPrecision precision,
      ExternalData data) {
    this.graph = graph;
    this.architecture = architecture;
    this.held = held;
    this.form = form;
    this.precision = precision;
    this.data = data;
  }

  /** Sum of the weighted outputs of a layer's experts, {@code [rows, H]}. */
  String build(int layer, String x, String logits, StoredWeights weights) {
    return switch (architecture.moe().routing()) {
      case RouterSpec.TopScores spec when isRoutedByTheOperator(layer, spec) ->
          fused(layer, x, logits, renormalises(spec));
      case RouterSpec.TopScores spec -> {
        String bias = spec.selectionBias() ? weights.weight(TensorRole.SELECTION_BIAS) : "";
        RouterGraph router = new RouterGraph(graph, spec, held.layer(layer).rows());
        yield withCoefficients(
            layer, x, mapped(layer, taken(router.coefficients(logits, bias))), weights);
      }
      case RouterSpec.SparseMixer spec ->
          withCoefficients(
              layer,
              x,
              mapped(layer, new SparseMixerGraph(graph, spec).coefficients(logits)),
              weights);
    };
  }

  /**
   * What each stored expert counts, {@code [rows, count]}: the sum over the rows of the router that
   * lead to it.
   */
  private String mapped(int layer, String coefficients) {
    HeldExperts.Layer experts = held.layer(layer);
    if (!experts.isMapped()) {
      return coefficients;
    }
    long[] map = experts.map().stream().mapToLong(Integer::longValue).toArray();
    String leads =
        graph
            .node(
                "OneHot",
                graph.constant(map),
                graph.constant(experts.count()),
                graph
                    .node("Cast", graph.constant(0, 1))
                    .with("to", OnnxType.FLOAT.number())
                    .output())
            .with("axis", -1)
            .output();
    return graph.node("MatMul", coefficients, leads).output();
  }

  /**
   * Coefficients that are zero where an expert has taken as many tokens before as it can; all rows
   * are tokens of one sequence. Rows of the router that lead to one expert count apart, as copies
   * of it would.
   */
  private String taken(String coefficients) {
    if (architecture.moe().capacity().isEmpty()) {
      return coefficients;
    }
    String chosen =
        graph
            .node("Cast", graph.node("Greater", coefficients, graph.scalar(0f)).output())
            .with("to", OnnxType.INT64.number())
            .output();
    String places = graph.node("CumSum", chosen, graph.scalar(0L)).output();
    String early =
        graph
            .node(
                "LessOrEqual",
                places,
                graph.scalar((long) architecture.moe().capacity().getAsInt()))
            .output();
    return graph.node("Where", early, coefficients, graph.scalar(0f)).output();
  }

  private String withCoefficients(int layer, String x, String coefficients, StoredWeights weights) {
    RouterSpec routing = architecture.moe().routing();
    boolean onInput = routing.appliesTo() == RouterSpec.AppliesTo.INPUT;
    Set<Integer> kept = precision.kept(layer);
    ExpertLoop loop = new ExpertLoop(graph, architecture);
    if (isFused() && onInput && routing.expertsPerToken() == 1 && kept.isEmpty()) {
      return fusedOnScaledInput(layer, x, coefficients);
    }
    if (!isFused() || onInput) {
      return loop.build(x, coefficients, held.layer(layer).count(), weights);
    }
    String fused = fusedWithCoefficients(layer, x, without(layer, kept, coefficients));
    return loop.addTo(fused, x, coefficients, new TreeSet<>(kept), weights);
  }

  /** Coefficients that are zero for some of the experts. */
  private String without(int layer, Set<Integer> experts, String coefficients) {
    if (experts.isEmpty()) {
      return coefficients;
    }
    long[] others =
        IntStream.range(0, held.layer(layer).count())
            .mapToLong(expert -> experts.contains(expert) ? 0 : 1)
            .toArray();
    String used =
        graph.node("Cast", graph.constant(others)).with("to", OnnxType.BOOL.number()).output();
    return graph.node("Where", used, coefficients, graph.scalar(0f)).output();
  }

  /**
   * Whether the fused operator routes these experts by itself. That for integers does nothing but
   * renormalise.
   */
  private boolean isRoutedByTheOperator(int layer, RouterSpec.TopScores spec) {
    return isFused()
        && architecture.moe().capacity().isEmpty()
        && isSoftmaxOfTheOperator(spec)
        && !held.layer(layer).isMapped()
        && (precision.experts().isEmpty() || renormalises(spec))
        && precision.kept(layer).isEmpty();
  }

  private static boolean renormalises(RouterSpec.TopScores spec) {
    return !(spec.weighting() instanceof RouterSpec.Weighting.Plain);
  }

  /**
   * Whether the fused operator computes these experts: they have a gate, and biases of gate and up
   * projections that alternate, if any.
   */
  private boolean isFused() {
    RoutedExpert expert = architecture.moe().expert();
    return form == OperatorForm.FUSED
        && !(expert.function() instanceof ExpertFunction.Relu)
        && (!expert.biased() || expert.stack().interleaved());
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
    int count = held.layer(layer).count();
    Shape gateUp = Shape.of(count, 2L * moe.expertWidth(), architecture.hidden());
    Shape down = Shape.of(count, architecture.hidden(), moe.expertWidth());
    StoredContent.Projections first = new StoredContent.InterleavedGateUp(layer);
    StoredContent.Projections last = new StoredContent.StackedDown(layer);
    String firstBias =
        bias(base + "gate_up_proj.bias", layer, TensorRole.EXPERTS_GATE_UP, 2L * moe.expertWidth());
    String lastBias =
        bias(base + "down_proj.bias", layer, TensorRole.EXPERTS_DOWN, architecture.hidden());
    OnnxNode node =
        precision
            .experts()
            .map(type ->
                withBlocks(
                    type,
                    graph.contrib(
                        "QMoE",
                        x,
                        logits,
                        integers(base + "gate_up_proj", type, gateUp, first),
                        scales(base + "gate_up_proj", type, gateUp, first),
                        firstBias,
                        integers(base + "down_proj", type, down, last),
                        scales(base + "down_proj", type, down, last),
                        lastBias)))
            .orElseGet(() ->
                graph.contrib(
                    "MoE",
                    x,
                    logits,
                    matrices(base + "gate_up_proj", gateUp, first),
                    firstBias,
                    matrices(base + "down_proj", down, last),
                    lastBias))
            .with("k", moe.routing().expertsPerToken())
            .with("activation_type", "swiglu")
            .with("swiglu_fusion", 1)
            .with("normalize_routing_weights", renormalise ? 1 : 0);
    return switch (moe.expert().function()) {
      case ExpertFunction.Relu _ ->
          throw new IllegalStateException("the fused operator's experts have gates");
      case ExpertFunction.GatedSilu _ ->
          node.with("activation_alpha", 1f).with("activation_beta", 0f).output();
      case ExpertFunction.ClampedSwiglu(double limit, double alpha) ->
          node.with("activation_alpha", (float) alpha)
              .with("activation_beta", 1f)
              .with("swiglu_limit", (float) limit)
              .output();
    };
  }

  private String matrices(String name, Shape shape, StoredContent.Projections content) {
    return data.widened(graph, name + ".weight", precision.weights(), shape, content);
  }

  /** Integers less the least one, as many to a byte as it takes. */
  private String integers(
      String name, ExpertIntegers type, Shape shape, StoredContent.Projections content) {
    return data.value(
        graph,
        name + ".qweight",
        OnnxType.UINT8,
        shape.withDim(2, shape.dim(2) / type.perByte()),
        new StoredContent.Integers(content, type, type.block(architecture), false));
  }

  private String scales(
      String name, ExpertIntegers type, Shape shape, StoredContent.Projections content) {
    int block = type.block(architecture);
    return data.value(
        graph,
        name + ".scales",
        ExpertIntegers.scales(shape, block),
        new StoredContent.Scales(content, type, block));
  }

  /** Weights are as they are described, not in the order of some device. */
  private OnnxNode withBlocks(ExpertIntegers type, OnnxNode node) {
    node.with("expert_weight_bits", type.bits()).with("weights_prepacked", 0);
    int block = type.block(architecture);
    return block == 0 ? node : node.with("block_size", block);
  }

  /** A bias of all experts as it is stored. */
  private String bias(String name, int layer, TensorRole role, long width) {
    return architecture.moe().expert().biased()
        ? data.value(
            graph,
            name,
            Shape.of(held.layer(layer).count(), width),
            new StoredContent.Tensor(architecture.names().bias(role, layer)))
        : "";
  }
}
