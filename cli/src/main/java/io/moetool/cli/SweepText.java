package io.moetool.cli;

import io.moetool.transforms.validate.GateResult;
import io.moetool.transforms.validate.Intervals;
import io.moetool.transforms.validate.Sweep;
import io.moetool.transforms.validate.SweptModel;
import io.moetool.transforms.validate.TaskComparison;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** A sweep for people. */
final class SweepText {
  private SweepText() {}

  static String render(Path base, Sweep sweep, Console.Ink ink) {
    List<String> headings =
        new ArrayList<>(List.of("", "size", "perplexity", "ratio", "KL", "top-1"));
    sweep.candidates().getFirst().tasks().stream().map(TaskComparison::name).forEach(headings::add);
    headings.add("");
    Table table = Table.of(headings.toArray(String[]::new));
    List<Object> ofBase =
        new ArrayList<>(
            List.of(
                base,
                Amounts.bytes(sweep.baseSize().bytes()),
                EvaluationText.perplexity(sweep.base().perplexity()),
                "1.000",
                "0.0000",
                "100.0%"));
    sweep
        .candidates()
        .getFirst()
        .tasks()
        .forEach(task -> ofBase.add(Amounts.tenthsOfPercent(task.base().score())));
    table.row(ofBase.toArray());
    for (SweptModel model : sweep.candidates()) {
      table.row(row(model).toArray());
    }
    return ink.bold(base + " against " + sweep.candidates().size() + " candidates")
        + "\n"
        + table.render("  ")
        + "  *: no other candidate is as small and as close to the base\n"
        + gates(sweep, ink);
  }

  private static List<Object> row(SweptModel model) {
    List<Object> cells =
        new ArrayList<>(
            List.of(
                model.name(),
                Amounts.bytes(model.size().bytes()),
                EvaluationText.perplexity(model.candidate().perplexity()),
                String.format(Locale.ROOT, "%.3f", model.perplexityRatio())
                    + interval(model.intervals()),
                EvaluationText.nats(model.klDivergence()),
                Amounts.tenthsOfPercent(model.top1Agreement())));
    model.tasks().forEach(task -> cells.add(Amounts.tenthsOfPercent(task.candidate().score())));
    cells.add(model.onFront() ? "*" : "");
    return cells;
  }

  private static String interval(Optional<Intervals> intervals) {
    return intervals
        .map(Intervals::perplexityRatio)
        .map(range -> String.format(Locale.ROOT, " [%.3f, %.3f]", range.low(), range.high()))
        .orElse("");
  }

  private static String gates(Sweep sweep, Console.Ink ink) {
    if (sweep.candidates().getFirst().gates().isEmpty()) {
      return "";
    }
    StringBuilder text = new StringBuilder();
    for (SweptModel model : sweep.candidates()) {
      List<String> failed =
          model.gates().stream().filter(gate -> !gate.passed()).map(SweepText::measured).toList();
      text.append("  ")
          .append(failed.isEmpty() ? ink.green("passed") : ink.red("FAILED"))
          .append("  ")
          .append(model.name())
          .append(failed.isEmpty() ? "" : ": " + String.join(", ", failed))
          .append('\n');
    }
    return text.append("  ")
        .append(
            sweep
                .smallestPassing()
                .map(name -> "smallest that keeps all gates: " + ink.bold(name))
                .orElse("none keeps all gates"))
        .append('\n')
        .toString();
  }

  private static String measured(GateResult gate) {
    return String.format(
        Locale.ROOT, "%s %s measured %.6g", gate.name(), gate.limit(), gate.actual());
  }
}
