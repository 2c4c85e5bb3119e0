package io.moetool.transforms.plan;

import io.moetool.formats.family.RouterSpec;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.function.DoubleFunction;

/**
 * By how much coefficients grow that are shares of a softmax over all experts, when some of those
 * go. A token t whose router gave the experts that go the share p(t) has all other shares
 * multiplied by 1 / (1 - p(t)). Statistics hold the mean p of p(t), of which the mean factor is at
 * least 1 / (1 - p), because the factor is convex in p(t).
 *
 * <p>That is what one layer does to the hidden states of the unpruned model; layers before it
 * change those too.
 */
final class RaisedCoefficients {
  private RaisedCoefficients() {}

  /** Whether coefficients are such shares. */
  static boolean concerns(RouterSpec routing) {
    return routing instanceof RouterSpec.TopScores top
        && top.score() == RouterSpec.Score.SOFTMAX
        && top.weighting() instanceof RouterSpec.Weighting.Plain;
  }

  /** The layers, each with a reason that says what was measured there. */
  static List<LayerPlan> explained(Evidence evidence, List<LayerPlan> layers) {
    List<LayerPlan> explained = new ArrayList<>();
    for (int i = 0; i < layers.size(); i++) {
      LayerPlan layer = layers.get(i);
      OptionalDouble share = evidence.layers().get(i).share(layer.dropped());
      explained.add(
          share.isPresent() && !layer.dropped().isEmpty()
              ? layer.with(
                  "what goes had %s of the softmax, so coefficients of what stays grow by a factor of at least %s in the mean"
                      .formatted(percent(share.getAsDouble()), factor(share.getAsDouble())))
              : layer);
    }
    return explained;
  }

  /** What was measured in all layers, to follow a warning; nothing if nothing was. */
  static String range(Evidence evidence, List<LayerPlan> layers) {
    List<Double> shares = new ArrayList<>();
    for (int i = 0; i < layers.size(); i++) {
      if (!layers.get(i).dropped().isEmpty()) {
        evidence.layers().get(i).share(layers.get(i).dropped()).ifPresent(shares::add);
      }
    }
    if (shares.isEmpty()) {
      return "";
    }
    double least = shares.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
    double most = shares.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
    return ", on calibration tokens of the unpruned model by a factor of at least %s in the mean (what goes had %s of the softmax)"
        .formatted(
            span(least, most, RaisedCoefficients::factor),
            span(least, most, RaisedCoefficients::percent));
  }

  private static String span(double least, double most, DoubleFunction<String> text) {
    return least == most
        ? text.apply(least)
        : "%s to %s by layer".formatted(text.apply(least), text.apply(most));
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }

  /** Rounded down, as it is the least that the mean can be. */
  private static String factor(double share) {
    return BigDecimal.valueOf(1 / (1 - share)).setScale(3, RoundingMode.FLOOR).toPlainString();
  }
}
