package io.moetool.transforms.task;

import java.util.List;

/**
 * Questions of one kind.
 *
 * @param name of its file, without the ending
 * @param kind how questions are answered
 * @param items at least one question
 */
public record Task(String name, Kind kind, List<TaskItem> items) {
  /** How questions are answered. */
  public enum Kind {
    /** By the most likely of some texts. */
    MULTIPLE_CHOICE("multiple-choice"),
    /** By a text that the model writes. */
    GENERATE("generate");

    private final String key;

    Kind(String key) {
      this.key = key;
    }

    /** As documents write it. */
    public String key() {
      return key;
    }
  }

  public Task {
    items = List.copyOf(items);
    if (items.isEmpty()) {
      throw new IllegalArgumentException("a task without a question");
    }
  }

  /** Share of questions that lots would answer rightly. */
  double chance() {
    return items.stream()
        .mapToDouble(item ->
            switch (item) {
              case TaskItem.Choice choice -> 1.0 / choice.choices().size();
              case TaskItem.Open _ -> 0;
            })
        .average()
        .orElseThrow();
  }
}
