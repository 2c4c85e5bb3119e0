package io.moetool.cli;

import static io.moetool.cli.EvaluationText.nats;
import static io.moetool.cli.EvaluationText.perplexity;

import io.moetool.transforms.validate.GateResult;
import io.moetool.transforms.validate.Validation;
import java.nio.file.Path;
import java.util.Locale;

/** A validation for people. */
final class ValidationText {
  private ValidationText() {}

  static String render(Path base, Path candidate, Validation validation, Console.Ink ink) {
    return ink.bold(base + " against " + candidate)
        + "\n"
        + domains(validation).render("  ")
        + "  base: %s, %s on %s in %s; candidate: %s, %s on %s in %s\n"
            .formatted(
                validation.base().form(),
                validation.base().compute(),
                validation.base().device(),
                EvaluationText.seconds(validation.base().seconds()),
                validation.candidate().form(),
                validation.candidate().compute(),
                validation.candidate().device(),
                EvaluationText.seconds(validation.candidate().seconds()))
        + gates(validation, ink);
  }

  private static Table domains(Validation validation) {
    Table table =
        Table.of(
            "domain", "tokens", "base NLL", "NLL", "base perplexity", "perplexity", "KL", "top-1");
    validation
        .domains()
        .forEach((domain, compared) ->
            table.row(
                domain,
                compared.tokens(),
                nats(compared.baseNll()),
                nats(compared.candidateNll()),
                perplexity(Math.exp(compared.baseNll())),
                perplexity(Math.exp(compared.candidateNll())),
                nats(compared.klDivergence()),
                agreement(compared.top1Agreement())));
    if (validation.domains().size() != 1) {
      table.row(
          "all domains",
          validation.base().tokens(),
          nats(validation.base().meanNll()),
          nats(validation.candidate().meanNll()),
          perplexity(validation.base().perplexity()),
          perplexity(validation.candidate().perplexity()),
          nats(validation.klDivergence()),
          agreement(validation.top1Agreement()));
    }
    return table;
  }

  private static String gates(Validation validation, Console.Ink ink) {
    StringBuilder text = new StringBuilder();
    for (GateResult gate : validation.gates()) {
      text.append(
          String.format(
              Locale.ROOT,
              "  %s  %s %s: measured %.6g%n",
              gate.passed() ? ink.green("passed") : ink.red("FAILED"),
              gate.name(),
              gate.limit(),
              gate.actual()));
    }
    return text.toString();
  }

  private static String agreement(double share) {
    return String.format(Locale.ROOT, "%.1f%%", share * 100);
  }
}
