package io.moetool.kernels;

import io.moetool.formats.family.RouterSpec.Fill;
import io.moetool.formats.family.RouterSpec.Groups;
import io.moetool.formats.family.RouterSpec.Score;
import io.moetool.formats.family.RouterSpec.TopScores;
import io.moetool.formats.family.RouterSpec.Weighting;
import java.util.Arrays;

/**
 * {@link TopScores} for one token. Every step rounds to float32, as the reference implementations
 * do; only sums are carried in float64 and rounded once.
 */
final class TopScoresRow implements RowRouter {
  private final TopScores spec;
  private final float[] selectionBias;
  private final boolean[] masked;
  private final int groupSize;

  private final float[] choice;
  private final float[] selectedLogits;
  private final float[] groupScores;
  private final int[] groupOrder;

  /**
   * Prepares scratch memory.
   *
   * @param selectionBias [experts], zeros if there is none
   * @param masked experts that are never selected, [experts]; their logits are -∞ already
   */
  TopScoresRow(TopScores spec, float[] selectionBias, boolean[] masked) {
    this.spec = spec;
    this.selectionBias = selectionBias;
    this.masked = masked;
    this.groupSize = masked.length / spec.groups().count();
    this.choice = new float[masked.length];
    this.selectedLogits = new float[spec.expertsPerToken()];
    this.groupScores = new float[spec.groups().count()];
    this.groupOrder = new int[spec.groups().count()];
  }

  @Override
  public void route(float[] logits, int[] selected, float[] weights, float[] scores) {
    score(logits, scores);
    rank(spec.score() == Score.IDENTITY ? logits : scores);
    ruleOutGroups();
    ruleOutMasked();
    TopK.select(choice, spec.expertsPerToken(), selected);
    weigh(logits, scores, selected, weights);
  }

  private void score(float[] logits, float[] scores) {
    Score score = spec.score();
    if (score == Score.IDENTITY) {
      // Logits ranked as they are still have a score: what the coefficients are made with.
      score =
          spec.weighting() instanceof Weighting.SigmoidOfSelected ? Score.SIGMOID : Score.SOFTMAX;
    }
    switch (score) {
      case SOFTMAX, IDENTITY -> Softmax.over(logits, logits.length, scores);
      case SIGMOID -> {
        for (int expert = 0; expert < logits.length; expert++) {
          scores[expert] = Softmax.sigmoid(logits[expert]);
        }
      }
      case SQRT_SOFTPLUS -> {
        for (int expert = 0; expert < logits.length; expert++) {
          scores[expert] = Softmax.sqrtSoftplus(logits[expert]);
        }
      }
    }
  }

  private void rank(float[] values) {
    for (int expert = 0; expert < choice.length; expert++) {
      choice[expert] =
          masked[expert] ? Float.NEGATIVE_INFINITY : values[expert] + selectionBias[expert];
    }
  }

  private void ruleOutGroups() {
    Groups groups = spec.groups();
    if (groups.keep() == groups.count()) {
      return;
    }
    for (int group = 0; group < groups.count(); group++) {
      groupScores[group] = groupScore(group * groupSize);
    }
    TopK.select(groupScores, groups.count(), groupOrder);
    float fill = groups.fill() == Fill.ZERO ? 0 : Float.NEGATIVE_INFINITY;
    for (int place = groups.keep(); place < groups.count(); place++) {
      int first = groupOrder[place] * groupSize;
      Arrays.fill(choice, first, first + groupSize, fill);
    }
  }

  private float groupScore(int firstExpert) {
    float best = Float.NEGATIVE_INFINITY;
    float second = Float.NEGATIVE_INFINITY;
    for (int expert = firstExpert; expert < firstExpert + groupSize; expert++) {
      second = Math.max(second, Math.min(best, choice[expert]));
      best = Math.max(best, choice[expert]);
    }
    return switch (spec.groups().score()) {
      case MAX -> best;
      case TOP2_SUM -> best + second;
    };
  }

  private void ruleOutMasked() {
    for (int expert = 0; expert < choice.length; expert++) {
      if (masked[expert]) {
        choice[expert] = Float.NEGATIVE_INFINITY;
      }
    }
  }

  private void weigh(float[] logits, float[] scores, int[] selected, float[] weights) {
    int k = spec.expertsPerToken();
    double sum = 0;
    for (int slot = 0; slot < k; slot++) {
      selectedLogits[slot] = logits[selected[slot]];
      weights[slot] = scores[selected[slot]];
      sum += weights[slot];
    }
    switch (spec.weighting()) {
      case Weighting.Plain _ -> {}
      case Weighting.Sum _ -> divide(weights, (float) sum);
      case Weighting.SumPlus(float epsilon) -> divide(weights, (float) sum + epsilon);
      case Weighting.ClampedSum(float minimum) -> divide(weights, Math.max((float) sum, minimum));
      case Weighting.SoftmaxOverSelected _ -> Softmax.over(selectedLogits, k, weights);
      case Weighting.SigmoidOfSelected _ -> {
        for (int slot = 0; slot < k; slot++) {
          weights[slot] = Softmax.sigmoid(selectedLogits[slot]);
        }
      }
    }
    for (int slot = 0; slot < k; slot++) {
      weights[slot] *= spec.scale();
    }
  }

  private void divide(float[] weights, float divisor) {
    for (int slot = 0; slot < spec.expertsPerToken(); slot++) {
      weights[slot] /= divisor;
    }
  }
}
