package io.moetool.cli;

import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.WorkPool;
import io.moetool.runtime.text.ModelInput;
import io.moetool.runtime.text.Tokenizer;
import io.moetool.transforms.task.Task;
import io.moetool.transforms.task.TaskReader;
import io.moetool.transforms.task.TaskRunner;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Option;

/** Questions that models are asked. */
final class TaskOptions {
  private static final int DEFAULT_NEW_TOKENS = 256;

  @Option(
      names = "--task",
      paramLabel = "FILE",
      description = {
        "Questions: .jsonl with rows as ARC, HellaSwag, MMLU or GSM8K are published, or"
            + " query+choices+gold, or prompt+answer. May be repeated."
      })
  private List<Path> files = new ArrayList<>();

  @Option(
      names = "--shots",
      paramLabel = "N",
      description =
          "Show the first N rows of a task, answered, before every other one (default: 0).")
  private Optional<Integer> shots = Optional.empty();

  @Option(names = "--max-items", paramLabel = "N", description = "Ask at most N rows of a task.")
  private Optional<Long> maxItems = Optional.empty();

  @Option(
      names = "--max-new-tokens",
      paramLabel = "N",
      description =
          "Longest answer that a model may write (default: "
              + DEFAULT_NEW_TOKENS
              + ", at most half of what it reads).")
  private Optional<Integer> maxNewTokens = Optional.empty();

  boolean isGiven() {
    return !files.isEmpty();
  }

  /** The tasks; none if none is named. */
  List<Task> read(CommonOptions common) {
    refuseWithoutTask(common);
    atLeast(common, "--shots", shots.orElse(0), 0);
    atLeast(common, "--max-items", maxItems.orElse(1L), 1);
    atLeast(common, "--max-new-tokens", maxNewTokens.orElse(1), 1);
    List<Task> tasks = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (Path file : files) {
      Task task = TaskReader.read(file, shots.orElse(0), maxItems.orElse((long) Integer.MAX_VALUE));
      if (!names.add(task.name())) {
        throw common.usage("two tasks are called '%s': rename a file".formatted(task.name()));
      }
      tasks.add(task);
    }
    return tasks;
  }

  /** Asks models that read their texts with one tokenizer. */
  TaskRunner runner(OrtEngine engine, WorkPool pool, Tokenizer tokenizer, ModelInput input) {
    return new TaskRunner(engine, pool, tokenizer, input, maxNewTokens.orElse(DEFAULT_NEW_TOKENS));
  }

  private void refuseWithoutTask(CommonOptions common) {
    Map<String, Optional<?>> options = new LinkedHashMap<>();
    options.put("--shots", shots);
    options.put("--max-items", maxItems);
    options.put("--max-new-tokens", maxNewTokens);
    options.forEach((name, value) -> {
      if (value.isPresent() && !isGiven()) {
        throw common.usage(name + " has no effect without --task");
      }
    });
  }

  private static void atLeast(CommonOptions common, String name, long value, long least) {
    if (value < least) {
      throw common.usage("%s must be at least %d".formatted(name, least));
    }
  }
}
