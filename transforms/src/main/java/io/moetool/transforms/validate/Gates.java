package io.moetool.transforms.validate;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Bounds a candidate must keep; those that are empty are not checked.
 *
 * @param maxKl most mean KL divergence, in nats
 * @param minTop1Agreement least share of agreeing tokens
 * @param minTop5Agreement least mean share of shared continuations
 * @param maxNllIncrease most nats per token that the candidate may lose
 * @param maxPerplexityRatio most candidate perplexity by base perplexity
 * @param maxDomainPerplexityRatio the same in the domain where it is worst
 * @param maxBytes most bytes of the candidate
 * @param minTaskScore least score of the candidate in the task where it is worst
 * @param maxTaskDrop most that the candidate's score may be below the base's, in the task where it
 *     drops most
 */
public record Gates(
    OptionalDouble maxKl,
    OptionalDouble minTop1Agreement,
    OptionalDouble minTop5Agreement,
    OptionalDouble maxNllIncrease,
    OptionalDouble maxPerplexityRatio,
    OptionalDouble maxDomainPerplexityRatio,
    OptionalDouble maxBytes,
    OptionalDouble minTaskScore,
    OptionalDouble maxTaskDrop) {
  /** Nothing is checked. */
  public static final Gates NONE = maxKl(OptionalDouble.empty());

  /** Nothing but the mean KL divergence is checked. */
  static Gates maxKl(OptionalDouble limit) {
    OptionalDouble none = OptionalDouble.empty();
    return new Gates(limit, none, none, none, none, none, none, none, none);
  }

  /** Results in the order of the components. A value that is no number passes nothing. */
  List<GateResult> check(
      DomainComparison all,
      Collection<DomainComparison> domains,
      List<TaskComparison> tasks,
      long candidateBytes) {
    double worst =
        domains.stream().mapToDouble(DomainComparison::perplexityRatio).max().orElse(Double.NaN);
    List<GateResult> results = new ArrayList<>();
    atMost(results, "max-kl", maxKl, all.klDivergence());
    atLeast(results, "min-top1-agreement", minTop1Agreement, all.top1Agreement());
    atLeast(results, "min-top5-agreement", minTop5Agreement, all.top5Agreement());
    atMost(results, "max-nll-increase", maxNllIncrease, all.nllDifference());
    atMost(results, "max-perplexity-ratio", maxPerplexityRatio, all.perplexityRatio());
    atMost(results, "max-domain-perplexity-ratio", maxDomainPerplexityRatio, worst);
    atMost(results, "max-bytes", maxBytes, (double) candidateBytes);
    atLeast(
        results,
        "min-task-score",
        minTaskScore,
        tasks.stream().mapToDouble(task -> task.candidate().score()).min().orElse(Double.NaN));
    atMost(
        results,
        "max-task-drop",
        maxTaskDrop,
        tasks.stream().mapToDouble(task -> -task.difference()).max().orElse(Double.NaN));
    return results;
  }

  private static void atMost(
      List<GateResult> results, String name, OptionalDouble limit, double actual) {
    limit.ifPresent(most -> results.add(new GateResult(name, most, actual, actual <= most)));
  }

  private static void atLeast(
      List<GateResult> results, String name, OptionalDouble limit, double actual) {
    limit.ifPresent(least -> results.add(new GateResult(name, least, actual, actual >= least)));
  }
}
