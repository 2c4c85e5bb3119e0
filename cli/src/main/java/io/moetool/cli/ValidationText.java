package io.moetool.cli;

import static io.moetool.cli.EvaluationText.nats;
import static io.moetool.cli.EvaluationText.perplexity;

import io.moetool.transforms.evaluate.Evaluation;
import io.moetool.transforms.evaluate.ModelSize;
import io.moetool.transforms.validate.GateResult;
import io.moetool.transforms.validate.Inference;
import io.moetool.transforms.validate.Interval;
import io.moetool.transforms.validate.Intervals;
import io.moetool.transforms.validate.LayerDifference;
import io.moetool.transforms.validate.Validation;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/** A validation for people. */
final class ValidationText {
  private ValidationText() {}

  static String render(Path base, Path candidate, Validation validation, Console.Ink ink) {
    return ink.bold(base + " against " + candidate)
        + "\n"
        + domains(validation).render("  ")
        + "\n"
        + intervals(validation).render("  ")
        + inference(validation.inference())
        + "\n"
        + TaskText.renderCompared(validation.tasks())
        + layers(validation)
        + models(validation).render("  ")
        + gates(validation, ink);
  }

  private static Table domains(Validation validation) {
    Table table =
        Table.of("domain", "tokens", "base NLL", "NLL", "base PPL", "PPL", "KL", "top-1", "top-5");
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
                Amounts.tenthsOfPercent(compared.top1Agreement()),
                Amounts.tenthsOfPercent(compared.top5Agreement())));
    if (validation.domains().size() != 1) {
      table.row(
          "all domains",
          validation.base().tokens(),
          nats(validation.base().meanNll()),
          nats(validation.candidate().meanNll()),
          perplexity(validation.base().perplexity()),
          perplexity(validation.candidate().perplexity()),
          nats(validation.klDivergence()),
          Amounts.tenthsOfPercent(validation.top1Agreement()),
          Amounts.tenthsOfPercent(validation.top5Agreement()));
    }
    return table;
  }

  /** What one cannot read off a mean: how sure it is. */
  private static Table intervals(Validation validation) {
    Table table = Table.of("domain", "perplexity ratio", "KL", "accepted", "p");
    validation
        .domains()
        .forEach((domain, compared) ->
            table.row(
                domain,
                ratio(compared.perplexityRatio(), compared.intervals()),
                divergence(compared.klDivergence(), compared.intervals()),
                Amounts.tenthsOfPercent(compared.acceptance()),
                chance(compared.pValue())));
    if (validation.domains().size() != 1) {
      table.row(
          "all domains",
          ratio(validation.perplexityRatio(), validation.intervals()),
          divergence(validation.klDivergence(), validation.intervals()),
          Amounts.tenthsOfPercent(validation.acceptance()),
          chance(validation.pValue()));
    }
    return table;
  }

  private static String ratio(double value, Optional<Intervals> intervals) {
    return String.format(Locale.ROOT, "%.3f", value)
        + bounds("%.3f", intervals.map(Intervals::perplexityRatio));
  }

  private static String divergence(double value, Optional<Intervals> intervals) {
    return nats(value) + bounds("%.4f", intervals.map(Intervals::klDivergence));
  }

  private static String bounds(String format, Optional<Interval> interval) {
    return interval
        .map(range ->
            String.format(
                Locale.ROOT, " [" + format + ", " + format + "]", range.low(), range.high()))
        .orElse(" (one sequence)");
  }

  private static String chance(double pValue) {
    return String.format(Locale.ROOT, "%.2g", pValue);
  }

  private static String inference(Inference inference) {
    return String.format(
        Locale.ROOT,
        "  [%.0f%% interval]: percentile bootstrap over sequences; p: sign-flip test%n",
        inference.confidence() * 100);
  }

  private static String layers(Validation validation) {
    if (validation.layers().isEmpty()) {
      return "";
    }
    Table table = Table.of("layer", "hidden states off by", "cosine", "experts in common");
    for (LayerDifference layer : validation.layers()) {
      table.row(
          layer.layer(),
          String.format(Locale.ROOT, "%.2f%%", layer.relativeError() * 100),
          String.format(Locale.ROOT, "%.4f", layer.cosine()),
          Amounts.tenthsOfPercent(layer.routingAgreement()));
    }
    return table.render("  ") + "\n";
  }

  private static Table models(Validation validation) {
    Table table = Table.of("", "form", "computed", "size", "active", "tokens/s", "time");
    model(table, "base", validation.base(), validation.baseSize());
    model(table, "candidate", validation.candidate(), validation.candidateSize());
    return table;
  }

  private static void model(Table table, String name, Evaluation run, ModelSize size) {
    table.row(
        name,
        run.form(),
        run.compute() + " on " + run.device(),
        Amounts.bytes(size.bytes()),
        size.activeParameters().map(Amounts::count).orElse(""),
        String.format(Locale.ROOT, "%.0f", run.tokensPerSecond()),
        EvaluationText.seconds(run.seconds()));
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
}
