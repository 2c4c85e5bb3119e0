package io.moetool.kernels;

import io.moetool.formats.family.RouterSpec.Fill;
import io.moetool.formats.family.RouterSpec.GroupScore;
import io.moetool.formats.family.RouterSpec.Score;
import io.moetool.formats.family.RouterSpec.TopScores;
import io.moetool.formats.family.RouterSpec.Weighting;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/** The definition of a router, in float64 and by sorting. */
final class ReferenceRouter {
  final int[] selected;
  final double[] weights;
  final double[] scores;

  private ReferenceRouter(int[] selected, double[] weights, double[] scores) {
    this.selected = selected;
    this.weights = weights;
    this.scores = scores;
  }

  static ReferenceRouter route(TopScores spec, float[] logits, float[] bias) {
    double[] scores = scores(spec, logits);
    double[] choice = new double[logits.length];
    for (int e = 0; e < logits.length; e++) {
      choice[e] =
          (spec.score() == Score.IDENTITY ? logits[e] : scores[e])
              + (spec.selectionBias() ? bias[e] : 0);
    }
    int size = logits.length / spec.groups().count();
    double[] groupScores =
        IntStream.range(0, spec.groups().count())
            .mapToDouble(
                g -> groupScore(spec, Arrays.copyOfRange(choice, g * size, g * size + size)))
            .toArray();
    List<Integer> keptGroups = best(groupScores, spec.groups().keep());
    for (int e = 0; e < logits.length; e++) {
      if (!keptGroups.contains(e / size)) {
        choice[e] = spec.groups().fill() == Fill.ZERO ? 0 : Double.NEGATIVE_INFINITY;
      }
    }
    int[] selected =
        best(choice, spec.expertsPerToken()).stream().mapToInt(Integer::intValue).toArray();
    return new ReferenceRouter(selected, weights(spec, logits, scores, selected), scores);
  }

  private static double[] scores(TopScores spec, float[] logits) {
    boolean sigmoid =
        spec.score() == Score.SIGMOID
            || (spec.score() == Score.IDENTITY
                && spec.weighting() instanceof Weighting.SigmoidOfSelected);
    double sum = IntStream.range(0, logits.length).mapToDouble(e -> Math.exp(logits[e])).sum();
    IntToDoubleFunction score =
        e ->
            sigmoid
                ? 1 / (1 + Math.exp(-logits[e]))
                : spec.score() == Score.SQRT_SOFTPLUS
                    ? Math.sqrt(Math.log(1 + Math.exp(logits[e])))
                    : Math.exp(logits[e]) / sum;
    return IntStream.range(0, logits.length).mapToDouble(score).toArray();
  }

  private static double groupScore(TopScores spec, double[] members) {
    Arrays.sort(members);
    double best = members[members.length - 1];
    return spec.groups().score() == GroupScore.MAX ? best : best + members[members.length - 2];
  }

  private static List<Integer> best(double[] values, int count) {
    return IntStream.range(0, values.length)
        .boxed()
        .sorted(Comparator.comparingDouble(i -> -values[i]))
        .limit(count)
        .toList();
  }

  private static double[] weights(TopScores spec, float[] logits, double[] scores, int[] selected) {
    double scoreSum = IntStream.of(selected).mapToDouble(e -> scores[e]).sum();
    double expSum = IntStream.of(selected).mapToDouble(e -> Math.exp(logits[e])).sum();
    return IntStream.of(selected)
        .mapToDouble(e ->
            switch (spec.weighting()) {
              case Weighting.Plain _ -> scores[e];
              case Weighting.Sum _ -> scores[e] / scoreSum;
              case Weighting.SumPlus(float epsilon) -> scores[e] / (scoreSum + epsilon);
              case Weighting.ClampedSum(float minimum) -> scores[e] / Math.max(scoreSum, minimum);
              case Weighting.SoftmaxOverSelected _ -> Math.exp(logits[e]) / expSum;
              case Weighting.SigmoidOfSelected _ -> 1 / (1 + Math.exp(-logits[e]));
            })
        .map(weight -> weight * spec.scale())
        .toArray();
  }
}
