package io.moetool.formats.family;

import io.moetool.formats.BadInputException;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * The rotation a config asks for, in either dialect: {@code rope_theta} and {@code rope_scaling} at the
 * top, or both inside {@code rope_parameters}.
 */
final class RopeConfig {
  private RopeConfig() {}

  static Rope read(ModelConfig config, double defaultTheta, int headDim) {
    Optional<JsonNode> parameters = config.find("rope_parameters");
    double theta =
        config
            .find(parameters.isPresent() ? "rope_parameters.rope_theta" : "rope_theta")
            .map(JsonNode::doubleValue)
            .orElse(defaultTheta);
    if (!(theta > 1)) {
      throw new BadInputException(
          config.where(), "rope theta %s is not above 1".formatted(theta), "use the published config");
    }
    JsonNode scaling = parameters.or(() -> config.find("rope_scaling")).orElse(null);
    if (scaling == null) {
      return new Rope(theta, headDim, 1);
    }
    JsonNode type = scaling.has("rope_type") ? scaling.get("rope_type") : scaling.path("type");
    return switch (type.asString("default")) {
      case "default" -> new Rope(theta, headDim, 1);
      case "linear" -> new Rope(theta, headDim, factor(config, scaling));
      default ->
          throw new BadInputException(
              config.where(),
              "rope scaling '%s' is not supported for this family".formatted(type.asString("")),
              "supported: default, linear");
    };
  }

  private static double factor(ModelConfig config, JsonNode scaling) {
    double factor = scaling.path("factor").asDouble(0);
    if (!(factor >= 1) || Double.isInfinite(factor)) {
      throw new BadInputException(
          config.where(),
          "rope scaling needs a factor of at least 1, found %s".formatted(scaling.path("factor")),
          "use the published config");
    }
    return factor;
  }
}
