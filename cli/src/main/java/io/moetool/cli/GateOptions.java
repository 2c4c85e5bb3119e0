package io.moetool.cli;

import io.moetool.transforms.validate.Gates;
import java.util.Optional;
import java.util.OptionalDouble;
import picocli.CommandLine.Option;

/** Limits a candidate must keep. */
final class GateOptions {
  @Option(
      names = "--max-kl",
      paramLabel = "X",
      description = "Mean KL divergence from the base, nats per token.")
  private Optional<Double> maxKl = Optional.empty();

  @Option(
      names = "--min-top1-agreement",
      paramLabel = "X",
      description = "Share of tokens with the same best prediction, 0 to 1.")
  private Optional<Double> minTop1Agreement = Optional.empty();

  @Option(
      names = "--min-top5-agreement",
      paramLabel = "X",
      description = "Mean share of the five best predictions that both have, 0 to 1.")
  private Optional<Double> minTop5Agreement = Optional.empty();

  @Option(
      names = "--max-nll-increase",
      paramLabel = "X",
      description = "Increase of the mean loss, nats per token.")
  private Optional<Double> maxNllIncrease = Optional.empty();

  @Option(
      names = "--max-perplexity-ratio",
      paramLabel = "X",
      description = "Perplexity of the candidate divided by the base's.")
  private Optional<Double> maxPerplexityRatio = Optional.empty();

  @Option(
      names = "--max-domain-perplexity-ratio",
      paramLabel = "X",
      description = "The same in the domain where it is worst.")
  private Optional<Double> maxDomainPerplexityRatio = Optional.empty();

  @Option(
      names = "--max-bytes",
      paramLabel = "SIZE",
      converter = SizeConverter.class,
      description = "Size of the candidate's weights, as 5GB or 500MB.")
  private Optional<Long> maxBytes = Optional.empty();

  @Option(
      names = "--min-task-score",
      paramLabel = "X",
      description = "Share of right answers in the task where the candidate is worst, 0 to 1.")
  private Optional<Double> minTaskScore = Optional.empty();

  @Option(
      names = "--max-task-drop",
      paramLabel = "X",
      description = "Score of the base less the candidate's, where it drops most, 0 to 1.")
  private Optional<Double> maxTaskDrop = Optional.empty();

  /**
   * The limits.
   *
   * @param hasTasks whether there are scores to limit
   */
  Gates gates(CommonOptions common, boolean hasTasks) {
    if (!hasTasks && (minTaskScore.isPresent() || maxTaskDrop.isPresent())) {
      throw common.usage(
          (minTaskScore.isPresent() ? "--min-task-score" : "--max-task-drop")
              + " needs questions to ask: name some with --task");
    }
    return new Gates(
        limit(common, "--max-kl", maxKl, 0, Double.MAX_VALUE),
        limit(common, "--min-top1-agreement", minTop1Agreement, 0, 1),
        limit(common, "--min-top5-agreement", minTop5Agreement, 0, 1),
        limit(common, "--max-nll-increase", maxNllIncrease, -Double.MAX_VALUE, Double.MAX_VALUE),
        limit(common, "--max-perplexity-ratio", maxPerplexityRatio, 0, Double.MAX_VALUE),
        limit(
            common, "--max-domain-perplexity-ratio", maxDomainPerplexityRatio, 0, Double.MAX_VALUE),
        maxBytes.map(bytes -> OptionalDouble.of(bytes)).orElse(OptionalDouble.empty()),
        limit(common, "--min-task-score", minTaskScore, 0, 1),
        limit(common, "--max-task-drop", maxTaskDrop, 0, 1));
  }

  /** A limit that everything or nothing keeps is a slip of the pen. */
  private static OptionalDouble limit(
      CommonOptions common, String name, Optional<Double> value, double least, double most) {
    if (value.isEmpty()) {
      return OptionalDouble.empty();
    }
    if (!(value.get() >= least && value.get() <= most)) {
      throw common.usage(
          most == 1
              ? name + " must be a share from 0 to 1"
              : least == 0 ? name + " must be a number from 0 up" : name + " must be a number");
    }
    return OptionalDouble.of(value.get());
  }
}
