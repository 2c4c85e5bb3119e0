package io.moetool.transforms.task;

import io.moetool.formats.BadInputException;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.RunProgress;
import io.moetool.runtime.run.WorkPool;
import io.moetool.runtime.text.ModelInput;
import io.moetool.runtime.text.SequenceData;
import io.moetool.runtime.text.TokenSequence;
import io.moetool.runtime.text.Tokenizer;
import io.moetool.transforms.evaluate.OpenModel;
import io.moetool.transforms.generate.StopTokens;
import java.util.List;

/** Lets models answer the questions of tasks. The same input gives the same answers. */
public final class TaskRunner {
  private final OrtEngine engine;
  private final WorkPool pool;
  private final Tokenizer tokenizer;
  private final ModelInput input;
  private final int mostNewTokens;

  /**
   * A runner for models that share a tokenizer.
   *
   * @param input what all of them read
   * @param mostNewTokens length of a written answer at most; half of what a model reads, if that is
   *     less
   * @throws BadInputException if they read a source
   */
  public TaskRunner(
      OrtEngine engine, WorkPool pool, Tokenizer tokenizer, ModelInput input, int mostNewTokens) {
    if (input.hasSource()) {
      throw new BadInputException(
          "the model",
          "its encoder reads a source, and tasks have none",
          "name a model that goes on with a text");
    }
    this.engine = engine;
    this.pool = pool;
    this.tokenizer = tokenizer;
    this.input = input;
    this.mostNewTokens = mostNewTokens;
  }

  /** Answers of a model to all questions of a task. */
  public TaskAnswers answer(OpenModel opened, Task task, RunProgress progress) {
    return switch (task.kind()) {
      case MULTIPLE_CHOICE ->
          new ChoiceScorer(engine, pool, tokenizer).answer(opened.model(), input, task, progress);
      case GENERATE ->
          new AnswerWriter(pool, tokenizer, mostNewTokens)
              .answer(opened.model(), input, StopTokens.of(opened.folder()), task, progress);
    };
  }

  /** The questions of some tasks with their right answers as text, a domain a task. */
  public SequenceData texts(List<Task> tasks) {
    return new SequenceData(
        tasks.stream()
            .flatMap(task ->
                task.items().stream()
                    .map(item -> tokenizer.encode(item.prompt() + item.rightText()))
                    .filter(tokens -> tokens.length > 0)
                    .map(
                        tokens -> new TokenSequence(task.name(), tokens).cut(input.maxPositions())))
            .toList());
  }
}
