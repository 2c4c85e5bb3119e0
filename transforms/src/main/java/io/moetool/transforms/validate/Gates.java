package io.moetool.transforms.validate;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Bounds a candidate must keep; those that are empty are not checked.
 *
 * @param maxKl most mean KL divergence, in nats
 * @param minTop1Agreement least share of agreeing tokens
 * @param maxNllIncrease most nats per token that the candidate may lose
 * @param maxPerplexityRatio most candidate perplexity by base perplexity
 */
public record Gates(
    OptionalDouble maxKl,
    OptionalDouble minTop1Agreement,
    OptionalDouble maxNllIncrease,
    OptionalDouble maxPerplexityRatio) {
  /** Nothing is checked. */
  public static final Gates NONE =
      new Gates(
          OptionalDouble.empty(),
          OptionalDouble.empty(),
          OptionalDouble.empty(),
          OptionalDouble.empty());

  /** Results in the order of the components. A value that is no number passes nothing. */
  List<GateResult> check(double kl, double agreement, double baseNll, double candidateNll) {
    List<GateResult> results = new ArrayList<>();
    double increase = candidateNll - baseNll;
    maxKl.ifPresent(limit -> results.add(new GateResult("max-kl", limit, kl, kl <= limit)));
    minTop1Agreement.ifPresent(limit ->
        results.add(new GateResult("min-top1-agreement", limit, agreement, agreement >= limit)));
    maxNllIncrease.ifPresent(limit ->
        results.add(new GateResult("max-nll-increase", limit, increase, increase <= limit)));
    maxPerplexityRatio.ifPresent(limit -> {
      double ratio = Math.exp(increase);
      results.add(new GateResult("max-perplexity-ratio", limit, ratio, ratio <= limit));
    });
    return results;
  }
}
