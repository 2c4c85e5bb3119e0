package io.moetool.runtime.graph;

import io.moetool.formats.TensorStore;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.TensorRole;
import io.moetool.formats.onnx.OnnxGraph;
import io.moetool.formats.onnx.OnnxType;

/**
 * What exported graphs are put together from, with weights that are stored with them. Hidden states
 * are {@code [rows, H]}.
 *
 * @param held how many experts each layer has, whatever the architecture says
 * @param data takes up the large tensors
 */
record StoredBlocks(
    OnnxGraph graph,
    Architecture architecture,
    HeldExperts held,
    TensorStore store,
    OperatorForm form,
    ExportPrecision precision,
    ExternalData data) {

  /** Blocks of a layer. */
  Layers layers(int layer) {
    return new Layers(graph, architecture, weights(layer));
  }

  /** Hidden states of tokens, int64 {@code [batch, sequence]}. */
  String embed(String tokens) {
    String table = weights(0).weight(TensorRole.EMBEDDING);
    String rows =
        graph
            .node(
                "Reshape",
                graph.node("Gather", table, tokens).with("axis", 0).output(),
                graph.constant(-1, architecture.hidden()))
            .output();
    return layers(0).scaled(rows, architecture.wiring().embeddingScale());
  }

  /** What becomes of hidden states after attention in the feed-forward block of a layer. */
  String fedForward(int layer, String attended) {
    Layers layers = layers(layer);
    String x = layers.blockInput(attended, TensorRole.FEED_FORWARD_NORM);
    String block = architecture.isMoe(layer) ? experts(layer, x, layers) : layers.dense(x);
    return layers.join(attended, block, TensorRole.FEED_FORWARD_NORM);
  }

  private String experts(int layer, String x, Layers layers) {
    ExpertsGraph experts = new ExpertsGraph(graph, architecture, held, form, precision, data);
    String routed = experts.build(layer, x, layers.routerLogits(x), weights(layer));
    return architecture.moe().shared().isPresent()
        ? graph.node("Add", routed, layers.shared(x)).output()
        : routed;
  }

  /**
   * Makes the logits of last hidden states an output.
   *
   * @param shape {@code [batch, sequence]} as int64
   */
  void outputLogits(String hidden, String shape, Object batch) {
    String logits =
        graph
            .node(
                "Reshape",
                layers(0).head(hidden),
                graph
                    .node("Concat", shape, graph.constant(architecture.vocabulary()))
                    .with("axis", 0)
                    .output())
            .output();
    graph.output(logits, "logits", OnnxType.FLOAT, batch, "sequence", architecture.vocabulary());
  }

  private StoredWeights weights(int layer) {
    return StoredWeights.of(graph, data, precision, store, architecture, layer);
  }
}
