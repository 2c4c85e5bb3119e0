package io.moetool.formats.family;

import io.moetool.formats.BadInputException;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * The rotation a config asks for, in either dialect: {@code rope_theta} and {@code rope_scaling} at
 * the top, or both inside {@code rope_parameters}.
 */
final class RopeConfig {
  private static final String MEND = "use the config the checkpoint was published with";

  private final ModelConfig config;
  private final Optional<JsonNode> parameters;

  RopeConfig(ModelConfig config) {
    this.config = config;
    this.parameters = config.find("rope_parameters");
  }

  Rope read(Rope.Layout layout, double defaultTheta, double rotaryShare, int headDim) {
    requireOneForAllLayers();
    double theta = number("rope_theta").orElse(defaultTheta);
    if (!(theta > 1) || Double.isInfinite(theta)) {
      throw new BadInputException(
          config.where(), "rope theta %s is not above 1".formatted(theta), MEND);
    }
    int rotaryDim = (int) (headDim * number("partial_rotary_factor").orElse(rotaryShare));
    if (rotaryDim < 2 || rotaryDim > headDim || rotaryDim % 2 != 0) {
      throw new BadInputException(
          config.where(),
          "%d of %d dimensions cannot rotate in pairs".formatted(rotaryDim, headDim),
          MEND);
    }
    return new Rope(layout, theta, rotaryDim, scaling(rotaryDim / 2));
  }

  /**
   * What latent attention multiplies its softmax scale by where rotations are scaled: {@link
   * #yarnScale} of {@code mscale_all_dim}, squared, since it stands for a factor on both queries
   * and keys. 1 without {@code mscale_all_dim}.
   *
   * <p>Release 4.57 of the reference library leaves it out for {@code deepseek_v2}; the published
   * code, vLLM and later releases have it.
   */
  double softmaxFactor() {
    Optional<JsonNode> scaling = scalingNode();
    if (scaling.isEmpty() || type(scaling.get()).equals("default")) {
      return 1;
    }
    double all = scaling.get().path("mscale_all_dim").asDouble(0);
    return all == 0 ? 1 : Math.pow(yarnScale(factor(scaling.get()), all), 2);
  }

  private void requireOneForAllLayers() {
    if (parameters.isPresent() && parameters.get().valueStream().anyMatch(JsonNode::isObject)) {
      throw new BadInputException(
          config.where(),
          "rotations that differ by layer type are not supported, found "
              + parameters.get().propertyNames(),
          "supported: rope_parameters with one rotation for all layers");
    }
  }

  private RopeScaling scaling(int pairs) {
    Optional<JsonNode> scaling = scalingNode();
    if (scaling.isEmpty()) {
      return new RopeScaling.None();
    }
    JsonNode node = scaling.get();
    return switch (type(node)) {
      case "default" -> new RopeScaling.None();
      case "linear" -> new RopeScaling.Linear(factor(node));
      case "yarn" -> yarn(node);
      case "llama3" ->
          new RopeScaling.Llama3(
              factor(node),
              positive(node, "low_freq_factor"),
              positive(node, "high_freq_factor"),
              (int) positive(node, "original_max_position_embeddings"));
      case "longrope" -> longRope(node, pairs);
      case "dynamic" -> new RopeScaling.Alpha(positive(node, "alpha"));
      default ->
          throw new BadInputException(
              config.where(),
              "rope scaling '%s' is not supported".formatted(type(node)),
              "supported: default, linear, yarn, llama3, longrope, dynamic with alpha");
    };
  }

  /** The family's own multipliers of cosines and sines stand beside the factors. */
  private RopeScaling longRope(JsonNode node, int pairs) {
    return new RopeScaling.LongRope(
        (int) positive(node, "original_max_position_embeddings"),
        new RopeScaling.PerPair(
            factors(node, "short_factor", pairs), positive(node, "short_mscale")),
        new RopeScaling.PerPair(
            factors(node, "long_factor", pairs), positive(node, "long_mscale")));
  }

  private List<Double> factors(JsonNode node, String key, int pairs) {
    JsonNode listed = node.path(key);
    List<Double> factors =
        listed
            .valueStream()
            .filter(JsonNode::isNumber)
            .map(JsonNode::doubleValue)
            .filter(factor -> factor > 0 && factor < Double.POSITIVE_INFINITY)
            .toList();
    if (factors.size() != pairs || listed.size() != pairs) {
      throw new BadInputException(
          config.where(),
          "longrope needs %d positive numbers as %s, one a pair of dimensions; found %s"
              .formatted(pairs, key, listed),
          MEND);
    }
    return factors;
  }

  private Optional<JsonNode> scalingNode() {
    return parameters.or(() -> config.find("rope_scaling"));
  }

  private static String type(JsonNode scaling) {
    return (scaling.has("rope_type") ? scaling.get("rope_type") : scaling.path("type"))
        .asString("default");
  }

  private RopeScaling yarn(JsonNode node) {
    double factor = factor(node);
    double original =
        node.path("original_max_position_embeddings")
            .asDouble(
                config.find("max_position_embeddings").map(JsonNode::doubleValue).orElse(0.0));
    if (!(original >= 1)) {
      throw new BadInputException(
          config.where(), "yarn scaling needs original_max_position_embeddings", MEND);
    }
    return new RopeScaling.Yarn(
        factor,
        (int) original,
        node.path("beta_fast").asDouble(32),
        node.path("beta_slow").asDouble(1),
        node.path("truncate").asBoolean(true),
        attentionFactor(node, factor));
  }

  private static double attentionFactor(JsonNode node, double factor) {
    if (node.path("attention_factor").isNumber()) {
      return node.path("attention_factor").doubleValue();
    }
    double scale = node.path("mscale").asDouble(0);
    double scaleAll = node.path("mscale_all_dim").asDouble(0);
    return scale != 0 && scaleAll != 0
        ? yarnScale(factor, scale) / yarnScale(factor, scaleAll)
        : yarnScale(factor, 1);
  }

  /** {@code 0.1 * m * ln(factor) + 1}, 1 for factors up to 1. */
  static double yarnScale(double factor, double m) {
    return factor <= 1 ? 1 : 0.1 * m * Math.log(factor) + 1;
  }

  private Optional<Double> number(String key) {
    return parameters
        .map(node -> node.path(key))
        .filter(JsonNode::isNumber)
        .or(() -> config.find(key).filter(JsonNode::isNumber))
        .map(JsonNode::doubleValue);
  }

  private double factor(JsonNode node) {
    double factor = positive(node, "factor");
    if (factor < 1) {
      throw new BadInputException(
          config.where(), "rope scaling needs a factor of at least 1, found " + factor, MEND);
    }
    return factor;
  }

  private double positive(JsonNode node, String key) {
    double value = node.path(key).asDouble(0);
    if (!(value > 0) || value > 1e9) {
      throw new BadInputException(
          config.where(),
          "rope scaling needs a positive %s, found %s".formatted(key, node.path(key)),
          MEND);
    }
    return value;
  }
}
