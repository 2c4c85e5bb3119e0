package io.moetool.formats.family;

import io.moetool.formats.DType;
import java.util.List;
import tools.jackson.databind.JsonNode;

/**
 * The element type that a config says its weights are stored in.
 *
 * @param type element type
 * @param reason which key says so, or that none does
 */
public record StatedType(DType type, String reason) {
  private static final List<String> KEYS =
      List.of("dtype", "torch_dtype", "text_config.dtype", "text_config.torch_dtype");

  /** The type by the config; BF16, in which most models are published, if it states none. */
  public static StatedType of(ModelConfig config) {
    for (String key : KEYS) {
      JsonNode value = config.at(key);
      String reason = "%s is %s".formatted(key, value);
      switch (value.asString("")) {
        case "bfloat16" -> {
          return new StatedType(DType.BF16, reason);
        }
        case "float16" -> {
          return new StatedType(DType.F16, reason);
        }
        case "float32" -> {
          return new StatedType(DType.F32, reason);
        }
        default -> {
          // not stated here
        }
      }
    }
    return new StatedType(DType.BF16, "assumed, since the config states no dtype");
  }
}
