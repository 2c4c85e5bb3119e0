package io.moetool.cli;

import io.moetool.transforms.evaluate.Evaluation;
import java.nio.file.Path;
import java.util.Locale;

/** An evaluation for people. */
final class EvaluationText {
  private EvaluationText() {}

  static String render(Path model, Evaluation evaluation, Console.Ink ink) {
    Table table = Table.of("domain", "tokens", "NLL", "perplexity");
    evaluation
        .domains()
        .forEach((domain, loss) ->
            table.row(domain, loss.tokens(), nats(loss.meanNll()), perplexity(loss.perplexity())));
    if (evaluation.domains().size() != 1) {
      table.row(
          "all domains",
          evaluation.tokens(),
          nats(evaluation.meanNll()),
          perplexity(evaluation.perplexity()));
    }
    return ink.bold(model.toString())
        + "\n"
        + table.render("  ")
        + "  %s, %s on %s: %d sequences in %s, %.0f tokens per second\n"
            .formatted(
                evaluation.form(),
                evaluation.compute(),
                evaluation.device(),
                evaluation.sequences(),
                seconds(evaluation.seconds()),
                evaluation.tokensPerSecond());
  }

  /** Nats per token. */
  static String nats(double value) {
    return String.format(Locale.ROOT, "%.4f", value);
  }

  static String perplexity(double value) {
    return String.format(Locale.ROOT, value < 1000 ? "%.2f" : "%.0f", value);
  }

  static String seconds(double value) {
    return String.format(Locale.ROOT, "%.1f s", value);
  }
}
