package io.moetool.runtime.graph;

import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.RelativeAttention;
import io.moetool.formats.family.TensorRole;
import io.moetool.formats.onnx.OnnxGraph;
import io.moetool.formats.onnx.OnnxType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * An encoder and the decoder behind it as one graph for one pair of source and text: inputs {@code
 * input_ids} and {@code decoder_input_ids}, output {@code logits}. Nothing is remembered between
 * calls, and nothing is padded: padding would take places that experts have for tokens.
 */
final class EncoderDecoderGraph {
  private static final SequenceValues ONE_SEQUENCE = new SequenceValues("", "", "", "", Map.of());

  private final StoredBlocks blocks;
  private final OnnxGraph graph;
  private final Architecture architecture;

  EncoderDecoderGraph(StoredBlocks blocks) {
    this.blocks = blocks;
    this.graph = blocks.graph();
    this.architecture = blocks.architecture();
  }

  void build() {
    String tokens = graph.input("input_ids", OnnxType.INT64, 1, "source_sequence");
    String text = graph.input("decoder_input_ids", OnnxType.INT64, 1, "sequence");
    int readers = architecture.encoder().orElseThrow().layers();
    String read = blocks.embed(tokens);
    for (int layer = 0; layer < readers; layer++) {
      read = layer(layer, read, "");
    }
    String source = blocks.layers(0).norm(read, TensorRole.ENCODER_NORM);
    String hidden = blocks.embed(text);
    for (int layer = readers; layer < architecture.layers(); layer++) {
      hidden = layer(layer, hidden, source);
    }
    blocks.outputLogits(hidden, graph.node("Shape", text).output(), 1);
  }

  private String layer(int layer, String hidden, String source) {
    List<String> after = new ArrayList<>();
    graph.scoped(
        "layers." + layer,
        () -> after.add(blocks.fedForward(layer, attended(layer, hidden, source))));
    return after.getFirst();
  }

  private String attended(int layer, String hidden, String source) {
    Layers layers = blocks.layers(layer);
    RelativeAttention attention = (RelativeAttention) architecture.mixer(layer);
    String mixed =
        layers.mix(hidden, blocks.form().mixer(graph, attention, ONE_SEQUENCE), List.of()).output();
    return attention.readsSource()
        ? new RelativeAttentionGraph(graph, attention).withSource(layers, mixed, source)
        : mixed;
  }
}
