package io.moetool.formats.family;

import io.moetool.formats.BadInputException;
import io.moetool.formats.quantisation.Awq;
import io.moetool.formats.quantisation.CompressedTensors;
import io.moetool.formats.quantisation.Encoding;
import io.moetool.formats.quantisation.Float8;
import io.moetool.formats.quantisation.Gptq;
import io.moetool.formats.quantisation.Mxfp4;
import io.moetool.formats.quantisation.Quantisation;
import io.moetool.formats.quantisation.Unquantised;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * Reads how a checkpoint's weights are stored off the {@code quantization_config} of its config.
 */
final class QuantisationReader {
  private static final List<String> PATHS =
      List.of(
          "quantization_config",
          "compression_config",
          "text_config.quantization_config",
          "text_config.compression_config");
  private static final List<String> PLAIN_MODULES =
      List.of("modules_to_not_convert", "ignored_layers", "ignore");
  private static final int MOST_BITS = 8;

  private final ModelConfig config;

  private QuantisationReader(ModelConfig config) {
    this.config = config;
  }

  /**
   * How weights are stored.
   *
   * @throws BadInputException if the method is not known, or lacks a number it needs
   */
  static Quantisation read(ModelConfig config) {
    Optional<JsonNode> section =
        PATHS.stream().map(config::at).filter(node -> !node.isMissingNode()).findFirst();
    return section.isEmpty() ? new Unquantised() : new QuantisationReader(config).of(section.get());
  }

  /** Where a config may list modules whose weights are plain. */
  static List<String> plainModules() {
    return PATHS.stream()
        .flatMap(path -> PLAIN_MODULES.stream().map(key -> path + "." + key))
        .toList();
  }

  private Quantisation of(JsonNode section) {
    String method = section.path("quant_method").asString("").toLowerCase(Locale.ROOT);
    return switch (method) {
      case "fp8" -> new Float8(block(section.path("weight_block_size")));
      case "mxfp4" -> new Mxfp4();
      case "gptq" -> new Gptq(bits(section, "bits"));
      case "awq" -> new Awq(bits(section, section.has("bits") ? "bits" : "w_bit"));
      case "compressed-tensors" -> new CompressedTensors(new Float8(blockOfGroups(section)));
      default ->
          throw new BadInputException(
              config.where(),
              "weights quantised by '%s' are not supported".formatted(method),
              "supported values of quant_method: fp8, mxfp4, gptq, awq, compressed-tensors");
    };
  }

  private Optional<Encoding.Blocks> blockOfGroups(JsonNode section) {
    for (JsonNode group : section.path("config_groups")) {
      Optional<Encoding.Blocks> block = block(group.path("weights").path("block_structure"));
      if (block.isPresent()) {
        return block;
      }
    }
    return Optional.empty();
  }

  private Optional<Encoding.Blocks> block(JsonNode size) {
    if (size.isMissingNode() || size.isNull()) {
      return Optional.empty();
    }
    int rows = size.path(0).asInt(0);
    int columns = size.path(1).asInt(0);
    if (size.size() != 2 || rows < 1 || columns < 1) {
      throw new BadInputException(
          config.where(),
          "the quantisation's block size is " + size,
          "write two positive numbers, as in [128, 128]");
    }
    return Optional.of(new Encoding.Blocks(rows, columns));
  }

  private int bits(JsonNode section, String key) {
    int bits = section.path(key).asInt(0);
    if (bits < 1 || bits > MOST_BITS) {
      throw new BadInputException(
          config.where(),
          "quantization_config has no sensible %s: %s".formatted(key, section.path(key)),
          "write the number of bits of a quantised weight there, from 1 to " + MOST_BITS);
    }
    return bits;
  }
}
