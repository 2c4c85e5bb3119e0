package io.moetool.transforms.task;

import java.util.Optional;

/**
 * How many questions a model answered rightly, as it is printed.
 *
 * @param score what counts: {@code normalisedAccuracy} where there is a choice, else {@code
 *     accuracy}
 * @param standardError of the score over questions; NaN for a single question
 * @param accuracy share of right answers; where there is a choice, the answer is the choice with
 *     the greatest likelihood
 * @param normalisedAccuracy share of right answers where the answer is the choice whose
 *     log-likelihood by character is the greatest; empty where answers are written
 * @param cut questions whose prompts lost their beginning, to fit into the model
 */
public record TaskScore(
    double score,
    double standardError,
    double accuracy,
    Optional<Double> normalisedAccuracy,
    int cut) {
  /** Whether it may be luck: not above chance by two standard errors. */
  public boolean mayBeLuck(double chance) {
    return !(score - 2 * standardError > chance);
  }
}
