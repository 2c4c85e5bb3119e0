package io.moetool.formats.family;

import io.moetool.formats.BadInputException;
import java.util.Locale;
import java.util.stream.Stream;

/** The router that a family's data file and a config describe together. */
final class RouterReader {
  private static final String SECTION = "router";

  private final ModelConfig config;
  private final FamilyValues values;

  RouterReader(ModelConfig config, FamilyValues values) {
    this.config = config;
    this.values = values;
  }

  RouterSpec read(int experts) {
    int perToken = values.count("dimensions", "expertsPerToken");
    if (perToken > experts) {
      throw new BadInputException(
          config.where(),
          "%d experts per token are asked for, there are %d".formatted(perToken, experts),
          "lower the number of experts per token");
    }
    return switch (values.text(SECTION, "kind", "top_scores")) {
      case "top_scores" -> topScores(experts, perToken);
      case "sparse_mixer" -> new RouterSpec.SparseMixer((float) values.number(SECTION, "jitter"));
      default ->
          throw new IllegalStateException("a family routes by " + values.text(SECTION, "kind"));
    };
  }

  private RouterSpec topScores(int experts, int perToken) {
    return new RouterSpec.TopScores(
        perToken,
        score(),
        values.flag(SECTION, "selectionBias", false),
        groups(experts, perToken),
        values.flag(SECTION, "renormalise", true) ? weighting() : new RouterSpec.Weighting.Plain(),
        (float) values.number(SECTION, "scale", 1),
        RouterSpec.AppliesTo.valueOf(
            values.text(SECTION, "appliesTo", "output").toUpperCase(Locale.ROOT)));
  }

  /** The score, which some configs name themselves. */
  private RouterSpec.Score score() {
    String name = values.text(SECTION, "score");
    return Stream.of(RouterSpec.Score.values())
        .filter(score -> score.name().toLowerCase(Locale.ROOT).equals(name))
        .findFirst()
        .orElseThrow(() ->
            new BadInputException(
                config.where(),
                "routers that score by '%s' are not supported".formatted(name),
                "supported: softmax, sigmoid"));
  }

  private RouterSpec.Weighting weighting() {
    String name = values.text(SECTION, "weighting");
    return switch (name) {
      case "plain" -> new RouterSpec.Weighting.Plain();
      case "sum" -> new RouterSpec.Weighting.Sum();
      case "sum_plus" ->
          new RouterSpec.Weighting.SumPlus((float) values.number(SECTION, "epsilon"));
      case "clamped_sum" ->
          new RouterSpec.Weighting.ClampedSum((float) values.number(SECTION, "minimum"));
      case "sigmoid_of_selected" -> new RouterSpec.Weighting.SigmoidOfSelected();
      case "softmax_over_selected" -> new RouterSpec.Weighting.SoftmaxOverSelected();
      default -> throw new IllegalStateException("a family weights by '%s'".formatted(name));
    };
  }

  private RouterSpec.Groups groups(int experts, int perToken) {
    int count = values.count(SECTION, "groups", 1);
    int keep = values.count(SECTION, "groupsKept", count);
    if (count == 1) {
      return RouterSpec.Groups.NONE;
    }
    int size = experts / count;
    if (experts % count != 0 || size < 2 || keep > count || (long) keep * size < perToken) {
      throw new BadInputException(
          config.where(),
          "%d experts in %d groups, of which %d are used, cannot serve %d experts per token"
              .formatted(experts, count, keep, perToken),
          "groups must be equal, of at least 2 experts, and those used must hold the experts per"
              + " token");
    }
    return new RouterSpec.Groups(
        count,
        keep,
        RouterSpec.GroupScore.valueOf(values.text(SECTION, "groupScore").toUpperCase(Locale.ROOT)),
        RouterSpec.Fill.valueOf(values.text(SECTION, "groupFill").toUpperCase(Locale.ROOT)));
  }
}
