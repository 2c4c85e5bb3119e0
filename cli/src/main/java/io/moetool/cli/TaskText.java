package io.moetool.cli;

import io.moetool.transforms.task.TaskResult;
import io.moetool.transforms.task.TaskScore;
import io.moetool.transforms.validate.TaskComparison;
import java.util.List;
import java.util.Locale;

/** Scores of tasks for people. */
final class TaskText {
  private TaskText() {}

  static String render(List<TaskResult> results) {
    if (results.isEmpty()) {
      return "";
    }
    Table table = Table.of("task", "questions", "score", "accuracy", "chance");
    for (TaskResult result : results) {
      table.row(
          result.name(),
          result.items(),
          score(result.score()),
          Amounts.tenthsOfPercent(result.score().accuracy()),
          Amounts.tenthsOfPercent(result.chance()));
    }
    return table.render("  ");
  }

  static String renderCompared(List<TaskComparison> tasks) {
    if (tasks.isEmpty()) {
      return "";
    }
    Table table = Table.of("task", "questions", "base", "candidate", "difference", "p", "chance");
    for (TaskComparison task : tasks) {
      table.row(
          task.name(),
          task.items(),
          score(task.base()),
          score(task.candidate()),
          String.format(Locale.ROOT, "%+.1f%%", task.difference() * 100)
              + task.interval()
                  .map(range ->
                      String.format(
                          Locale.ROOT,
                          " [%+.1f%%, %+.1f%%]",
                          range.low() * 100,
                          range.high() * 100))
                  .orElse(""),
          String.format(Locale.ROOT, "%.2g", task.pValue()),
          Amounts.tenthsOfPercent(task.chance()));
    }
    return table.render("  ") + "\n";
  }

  /** Tells of a score that shows nothing, and of prompts that are not what the file says. */
  static void warn(Console console, String whose, TaskResult result) {
    if (result.score().mayBeLuck(result.chance())) {
      console.warn(
          "task %s: %s's score of %s in %d questions is not above that of lots (%s): it cannot show a loss"
              .formatted(
                  result.name(),
                  whose,
                  Amounts.tenthsOfPercent(result.score().score()),
                  result.items(),
                  Amounts.tenthsOfPercent(result.chance())));
    }
    if (result.score().cut() > 0) {
      console.warn(
          "task %s: %d of %d prompts are longer than the model reads and lost their beginning"
              .formatted(result.name(), result.score().cut(), result.items()));
    }
  }

  private static String score(TaskScore score) {
    return Amounts.tenthsOfPercent(score.score())
        + (Double.isNaN(score.standardError())
            ? ""
            : String.format(Locale.ROOT, " ±%.1f", score.standardError() * 100));
  }
}
