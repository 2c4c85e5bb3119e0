package io.moetool.runtime.graph;

import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.RelativeAttention;
import io.moetool.formats.family.Rope;
import io.moetool.formats.family.TensorRole;
import io.moetool.formats.family.TokenMixer;
import io.moetool.formats.family.Wiring;
import io.moetool.formats.onnx.OnnxGraph;
import io.moetool.formats.onnx.OnnxType;
import java.util.List;
import java.util.Map;

/** The pieces a checkpoint is run by, one sequence (or one expert's rows) at a time. */
public final class Pieces {
  /** Hidden state before a piece, {@code [rows, H]}. */
  public static final String HIDDEN = "hidden";

  /** Rotation table, {@code [positions, rotaryDim / 2]}, of layers that rotate. */
  public static final String COSINES = "cosines";

  /** Rotation table, {@code [positions, rotaryDim / 2]}, of layers that rotate. */
  public static final String SINES = "sines";

  /** Index of a sequence's last token, int32 {@code [1]}. */
  public static final String LAST_POSITION = "lastPosition";

  /** Number of a sequence's tokens, int32 {@code [1]}. */
  public static final String LENGTH = "length";

  /**
   * Last hidden state of the encoder before its final norm, {@code [sourceRows, H]}, of layers that
   * attend to it.
   */
  public static final String SOURCE = "source";

  /** Hidden state after attention, {@code [rows, H]}. */
  public static final String ATTENDED = "attended";

  /** Input of the feed-forward block, {@code [rows, H]}. */
  public static final String NORMED = "normed";

  /** Router logits, {@code [rows, E]}. */
  public static final String ROUTER_LOGITS = "routerLogits";

  /** Weighted sum of the routed experts' outputs, {@code [rows, H]}. */
  public static final String ROUTED = "routed";

  /** Output of the shared expert before its gate, {@code [rows, H]}, of layers that have one. */
  public static final String SHARED = "shared";

  /**
   * Result of a piece, {@code [rows, H]} if it does not say otherwise, or logits {@code [rows,
   * vocabulary]} of the head.
   */
  public static final String OUTPUT = "output";

  private final Architecture architecture;
  private final OperatorForm form;

  /** Pieces of one architecture, with fused operators where they compute it exactly. */
  public Pieces(Architecture architecture) {
    this(architecture, OperatorForm.FUSED);
  }

  /** Pieces of one architecture in a given form. */
  Pieces(Architecture architecture, OperatorForm form) {
    this.architecture = architecture;
    this.form = form;
  }

  /** Attention of a layer with experts, up to the router's logits. */
  public Piece attentionAndRouter(int layer, StoredTypes types) {
    OnnxGraph graph = new OnnxGraph("attention_router");
    StreamedWeights weights = new StreamedWeights(graph, types);
    Layers layers = new Layers(graph, architecture, weights);
    String attended = attended(layer, graph, layers);
    String x = layers.blockInput(attended, TensorRole.FEED_FORWARD_NORM);
    int hidden = architecture.hidden();
    graph.output(attended, ATTENDED, OnnxType.FLOAT, "rows", hidden);
    graph.output(x, NORMED, OnnxType.FLOAT, "rows", hidden);
    graph.output(
        layers.routerLogits(x),
        ROUTER_LOGITS,
        OnnxType.FLOAT,
        "rows",
        architecture.moe().experts());
    return piece(graph, weights);
  }

  /** A whole layer without experts. */
  public Piece denseLayer(int layer, StoredTypes types) {
    OnnxGraph graph = new OnnxGraph("dense_layer");
    StreamedWeights weights = new StreamedWeights(graph, types);
    Layers layers = new Layers(graph, architecture, weights);
    String attended = attended(layer, graph, layers);
    String dense = layers.dense(layers.blockInput(attended, TensorRole.FEED_FORWARD_NORM));
    graph.output(
        layers.join(attended, dense, TensorRole.FEED_FORWARD_NORM),
        OUTPUT,
        OnnxType.FLOAT,
        "rows",
        architecture.hidden());
    return piece(graph, weights);
  }

  /**
   * The end of a layer with experts: what routed experts ({@link #ROUTED}) and the shared expert
   * yield joins the residual stream.
   */
  public Piece joinExperts(StoredTypes types) {
    OnnxGraph graph = new OnnxGraph("join_experts");
    StreamedWeights weights = new StreamedWeights(graph, types);
    Layers layers = new Layers(graph, architecture, weights);
    int hidden = architecture.hidden();
    String attended = graph.input(ATTENDED, OnnxType.FLOAT, "rows", hidden);
    String block = graph.input(ROUTED, OnnxType.FLOAT, "rows", hidden);
    if (architecture.moe().shared().isPresent()) {
      String x = graph.input(NORMED, OnnxType.FLOAT, "rows", hidden);
      String shared = layers.sharedExpert(x);
      graph.output(shared, SHARED, OnnxType.FLOAT, "rows", hidden);
      block = graph.node("Add", block, layers.gatedShared(x, shared)).output();
    }
    graph.output(
        layers.join(attended, block, TensorRole.FEED_FORWARD_NORM),
        OUTPUT,
        OnnxType.FLOAT,
        "rows",
        hidden);
    return piece(graph, weights);
  }

  /**
   * Whether the end of a layer is more than adding up: otherwise {@link #joinExperts} need not be
   * run.
   */
  public boolean joinsByAddition() {
    return architecture.moe().shared().isEmpty()
        && architecture.wiring().normPlace() == Wiring.NormPlace.BEFORE
        && architecture.wiring().residualScale() == 1;
  }

  /** One expert. */
  public Piece expert(StoredTypes types) {
    OnnxGraph graph = new OnnxGraph("expert");
    StreamedWeights weights = new StreamedWeights(graph, types);
    String x = graph.input(HIDDEN, OnnxType.FLOAT, "rows", architecture.hidden());
    String y = new Layers(graph, architecture, weights).expert(x);
    graph.output(y, OUTPUT, OnnxType.FLOAT, "rows", architecture.hidden());
    return piece(graph, weights);
  }

  /**
   * One expert up to what its last projection multiplies: {@link #OUTPUT} is {@code [rows, I]}, I
   * the width of an expert.
   */
  public Piece expertActivations(StoredTypes types) {
    OnnxGraph graph = new OnnxGraph("expert_activations");
    StreamedWeights weights = new StreamedWeights(graph, types);
    String x = graph.input(HIDDEN, OnnxType.FLOAT, "rows", architecture.hidden());
    String y = new Layers(graph, architecture, weights).expertActivations(x);
    graph.output(y, OUTPUT, OnnxType.FLOAT, "rows", architecture.moe().expertWidth());
    return piece(graph, weights);
  }

  /** Final norm and head. */
  public Piece head(StoredTypes types) {
    OnnxGraph graph = new OnnxGraph("head");
    StreamedWeights weights = new StreamedWeights(graph, types);
    String hidden = graph.input(HIDDEN, OnnxType.FLOAT, "rows", architecture.hidden());
    String logits = new Layers(graph, architecture, weights).head(hidden);
    graph.output(logits, OUTPUT, OnnxType.FLOAT, "rows", architecture.vocabulary());
    return piece(graph, weights);
  }

  private String attended(int layer, OnnxGraph graph, Layers layers) {
    TokenMixer mixer = architecture.mixer(layer);
    String hidden = graph.input(HIDDEN, OnnxType.FLOAT, "rows", architecture.hidden());
    SequenceValues values =
        new SequenceValues(
            "",
            "",
            graph.input(LAST_POSITION, OnnxType.INT32, 1),
            graph.input(LENGTH, OnnxType.INT32, 1),
            mixer.rope().map(rope -> Map.of(rope, rotation(graph, rope))).orElse(Map.of()));
    String mixed = layers.mix(hidden, form.mixer(graph, mixer, values), List.of()).output();
    return mixer instanceof RelativeAttention attention && attention.readsSource()
        ? withSource(mixed, attention, graph, layers)
        : mixed;
  }

  /** A token's hidden state and what it finds in the source. */
  private String withSource(
      String hidden, RelativeAttention attention, OnnxGraph graph, Layers layers) {
    String source =
        layers.norm(
            graph.input(SOURCE, OnnxType.FLOAT, "sourceRows", architecture.hidden()),
            TensorRole.ENCODER_NORM);
    return new RelativeAttentionGraph(graph, attention).withSource(layers, hidden, source);
  }

  private static Rotation rotation(OnnxGraph graph, Rope rope) {
    return Rotation.ofAnyLength(
        graph.input(COSINES, OnnxType.FLOAT, "positions", rope.angles()),
        graph.input(SINES, OnnxType.FLOAT, "positions", rope.angles()));
  }

  private static Piece piece(OnnxGraph graph, StreamedWeights weights) {
    return new Piece(graph.toModel("moetool", "", Map.of()), weights.bindings());
  }
}
