package io.moetool.transforms.repair;

import io.moetool.formats.BadInputException;
import io.moetool.formats.family.RouterSpec;
import io.moetool.formats.family.RouterSpec.AppliesTo;
import io.moetool.formats.family.RouterSpec.Score;
import io.moetool.formats.family.RouterSpec.TopScores;
import io.moetool.formats.family.RouterSpec.Weighting;

/**
 * How the coefficients of chosen experts follow from router logits, and how an error's slopes by
 * coefficients become slopes by logits. The choice itself is taken as given, as everywhere where
 * routers are trained. In float64.
 */
final class CoefficientSlopes {
  private final TopScores spec;

  private CoefficientSlopes(TopScores spec) {
    this.spec = spec;
  }

  /**
   * For routers of a family.
   *
   * @throws BadInputException if its coefficients are no smooth function of logits, or do not
   *     multiply outputs
   */
  static CoefficientSlopes of(RouterSpec spec, String modelType) {
    if (spec instanceof TopScores top && top.appliesTo() == AppliesTo.OUTPUT) {
      return new CoefficientSlopes(top);
    }
    throw new BadInputException(
        "model type '%s'".formatted(modelType),
        spec.appliesTo() == AppliesTo.INPUT
            ? "its router's coefficients multiply the inputs of experts, so what experts yield is not in proportion to them"
            : "its router weighs an expert by its share among those near it, which is no smooth function of logits",
        "repair with --repair scalar");
  }

  /**
   * Coefficients of the chosen experts.
   *
   * @param logits of all experts that stay, {@code [E']}
   * @param chosen positions among them, {@code [K]}
   * @param coefficients receives them, {@code [K]}
   */
  void coefficients(double[] logits, int[] chosen, double[] coefficients) {
    double[] scores = scores(logits, chosen);
    double divisor = divisor(scores);
    for (int i = 0; i < chosen.length; i++) {
      coefficients[i] = spec.scale() * scores[i] / divisor;
    }
  }

  /**
   * Slopes by logits.
   *
   * @param slopes by coefficients, {@code [K]}
   * @return by the logits of all experts that stay, {@code [E']}
   */
  double[] byLogits(double[] logits, int[] chosen, double[] slopes) {
    double[] scores = scores(logits, chosen);
    double divisor = divisor(scores);
    double shared = 0;
    for (int i = 0; dividesBySum(scores) && i < chosen.length; i++) {
      shared += slopes[i] * scores[i] / divisor;
    }
    double[] byScores = new double[chosen.length];
    double mean = 0;
    for (int i = 0; i < chosen.length; i++) {
      byScores[i] = spec.scale() * (slopes[i] - shared) / divisor;
      mean += byScores[i] * scores[i];
    }
    double[] byLogits = new double[logits.length];
    boolean softmax = isSoftmax();
    if (softmax && !isSoftmaxOverSelected()) {
      double normaliser = normaliser(logits);
      for (int expert = 0; expert < logits.length; expert++) {
        byLogits[expert] = -Math.exp(logits[expert] - normaliser) * mean;
      }
    }
    for (int i = 0; i < chosen.length; i++) {
      double score = scores[i];
      byLogits[chosen[i]] +=
          softmax
              ? score * (isSoftmaxOverSelected() ? byScores[i] - mean : byScores[i])
              : byScores[i]
                  * (isSigmoid() ? score * (1 - score) : sigmoid(logits[chosen[i]]) / (2 * score));
    }
    return byLogits;
  }

  private double[] scores(double[] logits, int[] chosen) {
    double[] scores = new double[chosen.length];
    double normaliser = 0;
    if (isSoftmaxOverSelected()) {
      double[] selected = new double[chosen.length];
      for (int i = 0; i < chosen.length; i++) {
        selected[i] = logits[chosen[i]];
      }
      normaliser = normaliser(selected);
    } else if (isSoftmax()) {
      normaliser = normaliser(logits);
    }
    for (int i = 0; i < chosen.length; i++) {
      double logit = logits[chosen[i]];
      scores[i] =
          isSoftmax()
              ? Math.exp(logit - normaliser)
              : isSigmoid() ? sigmoid(logit) : Math.sqrt(softplus(logit));
    }
    return scores;
  }

  private boolean isSoftmaxOverSelected() {
    return spec.weighting() instanceof Weighting.SoftmaxOverSelected;
  }

  private boolean isSoftmax() {
    return isSoftmaxOverSelected() || spec.score() == Score.SOFTMAX;
  }

  private boolean isSigmoid() {
    return spec.score() == Score.SIGMOID || spec.weighting() instanceof Weighting.SigmoidOfSelected;
  }

  private double divisor(double[] scores) {
    double sum = 0;
    for (double score : scores) {
      sum += score;
    }
    return switch (spec.weighting()) {
      case Weighting.Sum _ -> sum;
      case Weighting.SumPlus(float epsilon) -> sum + epsilon;
      case Weighting.ClampedSum(float minimum) -> Math.max(sum, minimum);
      case Weighting.Plain _, Weighting.SoftmaxOverSelected _, Weighting.SigmoidOfSelected _ -> 1;
    };
  }

  private boolean dividesBySum(double[] scores) {
    return switch (spec.weighting()) {
      case Weighting.Sum _, Weighting.SumPlus _ -> true;
      case Weighting.ClampedSum(float minimum) -> divisor(scores) > minimum;
      case Weighting.Plain _, Weighting.SoftmaxOverSelected _, Weighting.SigmoidOfSelected _ ->
          false;
    };
  }

  /** Logarithm of the sum of exponentials. */
  private static double normaliser(double[] logits) {
    double largest = Double.NEGATIVE_INFINITY;
    for (double logit : logits) {
      largest = Math.max(largest, logit);
    }
    double sum = 0;
    for (double logit : logits) {
      sum += Math.exp(logit - largest);
    }
    return largest + Math.log(sum);
  }

  private static double sigmoid(double logit) {
    return 1 / (1 + Math.exp(-logit));
  }

  private static double softplus(double logit) {
    return Math.max(logit, 0) + Math.log1p(Math.exp(-Math.abs(logit)));
  }
}
