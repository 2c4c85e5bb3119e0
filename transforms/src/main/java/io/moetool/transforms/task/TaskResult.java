package io.moetool.transforms.task;

/**
 * A model's result in one task, as it is printed.
 *
 * @param name of the task
 * @param kind {@code multiple-choice} or {@code generate}
 * @param items questions asked
 * @param chance score of lots
 * @param score the model's
 */
public record TaskResult(String name, String kind, int items, double chance, TaskScore score) {
  /** The result of some answers. */
  public static TaskResult of(TaskAnswers answers) {
    Task task = answers.task();
    return new TaskResult(
        task.name(), task.kind().key(), task.items().size(), task.chance(), answers.score());
  }
}
