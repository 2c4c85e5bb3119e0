package io.moetool.maven;

import java.io.File;
import java.util.ArrayList;
import java.util.List;
import org.apache.maven.plugins.annotations.Parameter;
import org.jspecify.annotations.Nullable;

/** A step that measures models, on text or by questions. */
@SuppressWarnings("UnusedVariable") // parameters are read by their annotations
abstract class TaskMojo extends DataMojo {
  /**
   * Questions to ask: {@code .jsonl} with rows as ARC, HellaSwag, MMLU or GSM8K are published, or
   * query+choices+gold, or prompt+answer.
   */
  @Parameter(property = "moetool.task")
  @ToolOption(value = "--task", role = Role.INPUT)
  private List<File> task = new ArrayList<>();

  /** Show the first N rows of a task, answered, before every other one (default: 0). */
  @Parameter(property = "moetool.shots")
  @ToolOption("--shots")
  private @Nullable Integer shots;

  /** Ask at most N rows of a task. */
  @Parameter(property = "moetool.maxItems")
  @ToolOption("--max-items")
  private @Nullable Long maxItems;

  /** Longest answer that a model may write (default: 256, at most half of what it reads). */
  @Parameter(property = "moetool.maxNewTokens")
  @ToolOption("--max-new-tokens")
  private @Nullable Integer maxNewTokens;
}
