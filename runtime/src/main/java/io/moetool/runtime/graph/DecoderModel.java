package io.moetool.runtime.graph;

import io.moetool.formats.Shape;
import io.moetool.formats.TensorStore;
import io.moetool.formats.exported.ExportedModel;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.Rope;
import io.moetool.formats.family.RopeScaling;
import io.moetool.formats.family.TokenMixer;
import io.moetool.formats.onnx.OnnxGraph;
import io.moetool.formats.onnx.OnnxType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A whole decoder as one graph with a cache: inputs {@code input_ids}, {@code attention_mask} and
 * {@code past_key_values.N.key/value} (other names where layer N remembers something else), outputs
 * {@code logits} and {@code present.N.key/value}. A decoder whose encoder reads a source comes with
 * it and without a cache: inputs {@code input_ids} and {@code decoder_input_ids}.
 */
public final class DecoderModel {
  /** Metadata key: longest sequence the model was made for. */
  public static final String MAX_POSITIONS = "moetool.maxPositions";

  /** Metadata key: {@code model_type} of the source. */
  public static final String MODEL_TYPE = ExportedModel.MODEL_TYPE;

  /** Metadata key: fingerprint of the source. */
  public static final String SOURCE = ExportedModel.SOURCE;

  /** Metadata key: token that a text begins with, of models whose encoder reads a source. */
  public static final String DECODER_START = "moetool.decoderStart";

  private final StoredBlocks blocks;
  private final Architecture architecture;
  private final OnnxGraph graph;

  private DecoderModel(StoredBlocks blocks) {
    this.blocks = blocks;
    this.architecture = blocks.architecture();
    this.graph = blocks.graph();
  }

  /** The protobuf of an exported model, and what its data file holds. */
  public static final class Exported {
    private final byte[] model;
    private final ExternalData data;

    private Exported(byte[] model, ExternalData data) {
      this.model = model;
      this.data = data;
    }

    /** The model without its large tensors. */
    public byte[] model() {
      return model.clone();
    }

    /** Layout of the file with the large tensors. */
    public ExternalData data() {
      return data;
    }
  }

  /**
   * Builds the graph of a checkpoint; tensors are named, not read.
   *
   * @param held how many experts each layer has, whatever the architecture says
   * @param dataFile name of the data file, beside the model
   * @param version version of moetool
   * @param source fingerprint of the checkpoint that the weights are those of, if they are
   */
  public static Exported build(
      Architecture architecture,
      HeldExperts held,
      TensorStore store,
      OperatorForm form,
      ExportPrecision precision,
      String dataFile,
      String version,
      Optional<String> source) {
    ExternalData data = new ExternalData(dataFile);
    OnnxGraph graph = new OnnxGraph("decoder");
    StoredBlocks blocks = new StoredBlocks(graph, architecture, held, store, form, precision, data);
    Map<String, String> metadata = new TreeMap<>();
    architecture
        .encoder()
        .ifPresentOrElse(
            encoder -> {
              new EncoderDecoderGraph(blocks).build();
              metadata.put(DECODER_START, Integer.toString(encoder.decoderStart()));
            },
            () -> new DecoderModel(blocks).build());
    metadata.put(MAX_POSITIONS, Integer.toString(architecture.maxPositions()));
    metadata.put(MODEL_TYPE, architecture.modelType());
    source.ifPresent(fingerprint -> metadata.put(SOURCE, fingerprint));
    byte[] bytes = graph.toModel("moetool", version, metadata);
    return new Exported(bytes, data);
  }

  private void build() {
    String tokens = graph.input("input_ids", OnnxType.INT64, "batch", "sequence");
    String mask = graph.input("attention_mask", OnnxType.INT64, "batch", "total");
    String shape = graph.node("Shape", tokens).output();
    SequenceValues values = sequenceValues(mask, shape);
    Map<TokenMixer, MixerGraph> mixers = new HashMap<>();
    for (TokenMixer mixer : architecture.mixers()) {
      mixers.computeIfAbsent(mixer, m -> blocks.form().mixer(graph, m, values));
    }
    String hidden = blocks.embed(tokens);
    List<Remembered> remembered = new ArrayList<>();
    for (int layer = 0; layer < architecture.layers(); layer++) {
      int current = layer;
      String before = hidden;
      List<String> after = new ArrayList<>();
      graph.scoped(
          "layers." + layer,
          () -> after.add(layer(current, before, mixer(mixers, current), remembered)));
      hidden = after.getFirst();
    }
    blocks.outputLogits(hidden, shape, "batch");
    for (Remembered memory : remembered) {
      graph.output(memory.value(), memory.output(), OnnxType.FLOAT, memory.dims().toArray());
    }
  }

  /** A memory's value after a call, and the name and extents of the output it becomes. */
  private record Remembered(String value, String output, List<Object> dims) {}

  private MixerGraph mixer(Map<TokenMixer, MixerGraph> mixers, int layer) {
    return Objects.requireNonNull(mixers.get(architecture.mixer(layer)));
  }

  private String layer(int layer, String hidden, MixerGraph mixer, List<Remembered> remembered) {
    Layers layers = blocks.layers(layer);
    List<String> past = new ArrayList<>();
    for (MixerGraph.Memory memory : mixer.memories()) {
      String name = "past_key_values." + layer + "." + memory.name();
      past.add(graph.input(name, OnnxType.FLOAT, memory.past().toArray()));
    }
    MixerGraph.Mixed attended = layers.mix(hidden, mixer, past);
    for (int i = 0; i < past.size(); i++) {
      MixerGraph.Memory memory = mixer.memories().get(i);
      remembered.add(
          new Remembered(
              attended.present().get(i),
              "present." + layer + "." + memory.name(),
              memory.present()));
    }
    return blocks.fedForward(layer, attended.output());
  }

  private SequenceValues sequenceValues(String mask, String shape) {
    String lengths = graph.node("ReduceSum", mask, graph.constant(1)).with("keepdims", 0).output();
    String last = graph.node("Sub", lengths, graph.constant(1)).output();
    String total = graph.node("Shape", mask).with("start", 1).with("end", 2).output();
    return new SequenceValues(shape, mask, int32(last), int32(total), rotations());
  }

  private Map<Rope, Rotation> rotations() {
    Map<Rope, Rotation> rotations = new LinkedHashMap<>();
    for (Rope rope : architecture.ropes()) {
      String base = rotations.isEmpty() ? "rotation." : "rotation." + rotations.size() + ".";
      long rows =
          RotationRows.of(rope, architecture.maxPositions()).stream()
              .mapToLong(RotationRows::positions)
              .sum();
      Shape table = Shape.of(rows, rope.angles());
      rotations.put(
          rope,
          new Rotation(
              blocks.data().value(graph, base + "cosines", table, new StoredContent.Cosines(rope)),
              blocks.data().value(graph, base + "sines", table, new StoredContent.Sines(rope)),
              rope.scaling() instanceof RopeScaling.LongRope scaling
                  ? Optional.of(scaling.original())
                  : Optional.empty()));
    }
    return rotations;
  }

  private String int32(String value) {
    return graph.node("Cast", value).with("to", OnnxType.INT32.number()).output();
  }
}
