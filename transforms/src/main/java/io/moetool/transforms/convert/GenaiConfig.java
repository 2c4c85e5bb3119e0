package io.moetool.transforms.convert;

import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.Attention;
import io.moetool.formats.family.TokenMixer;
import io.moetool.formats.json.Json;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.generate.StopTokens;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The document by which ONNX Runtime GenAI runs a model: names of inputs and outputs, extents of
 * the caches, tokens that end a text. It describes caches of one shape for all layers, keys and
 * values alike.
 */
final class GenaiConfig {
  static final String FILE = "genai_config.json";

  /** A decoder of which GenAI knows nothing but what the document says. */
  private static final String TYPE = "decoder";

  private GenaiConfig() {}

  /** Why a model cannot be described; empty if it can. */
  static Optional<String> obstacle(Architecture architecture) {
    if (architecture.encoder().isPresent()) {
      return Optional.of("it describes decoders, and this model has an encoder");
    }
    Set<Integer> heads = new HashSet<>();
    Set<Integer> widths = new HashSet<>();
    for (TokenMixer mixer : architecture.mixers()) {
      if (!(mixer instanceof Attention attention)) {
        return Optional.of("it describes caches of keys and values, and some layers have others");
      }
      heads.add(attention.keyValueHeads());
      widths.add(attention.headDim());
    }
    return heads.size() > 1 || widths.size() > 1
        ? Optional.of("it describes caches of one shape, and those of the layers differ")
        : Optional.empty();
  }

  /** The document of a model without {@link #obstacle}. */
  static ObjectNode of(SourceModel source, String modelFile) {
    Architecture architecture = source.architecture();
    Attention attention = (Attention) architecture.mixer(0);
    ObjectNode document = Json.object();
    ObjectNode model = document.putObject("model");
    model.put("type", TYPE);
    model.put("vocab_size", architecture.vocabulary());
    model.put("context_length", architecture.maxPositions());
    source
        .config()
        .find("bos_token_id")
        .filter(id -> id.isIntegralNumber())
        .ifPresent(id -> model.set("bos_token_id", id));
    Set<Integer> stops = StopTokens.of(source.tensors().folder());
    if (!stops.isEmpty()) {
      ArrayNode ends = model.putArray("eos_token_id");
      stops.forEach(ends::add);
      model.put("pad_token_id", stops.iterator().next());
    }
    ObjectNode decoder = model.putObject("decoder");
    decoder.putObject("session_options").putArray("provider_options");
    decoder.put("filename", modelFile);
    decoder.put("hidden_size", architecture.hidden());
    decoder.put("num_hidden_layers", architecture.layers());
    decoder.put("num_attention_heads", attention.heads());
    decoder.put("num_key_value_heads", attention.keyValueHeads());
    decoder.put("head_size", attention.headDim());
    decoder
        .putObject("inputs")
        .put("input_ids", "input_ids")
        .put("attention_mask", "attention_mask")
        .put("past_key_names", "past_key_values.%d.key")
        .put("past_value_names", "past_key_values.%d.value");
    decoder
        .putObject("outputs")
        .put("logits", "logits")
        .put("present_key_names", "present.%d.key")
        .put("present_value_names", "present.%d.value");
    document
        .putObject("search")
        .put("do_sample", false)
        .put("max_length", architecture.maxPositions())
        .put("past_present_share_buffer", false);
    return document;
  }
}
