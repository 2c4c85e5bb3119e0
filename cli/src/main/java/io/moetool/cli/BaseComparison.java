package io.moetool.cli;

import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.WorkPool;
import io.moetool.runtime.text.ModelInput;
import io.moetool.runtime.text.SequenceData;
import io.moetool.runtime.text.Tokenizer;
import io.moetool.transforms.evaluate.OpenModel;
import io.moetool.transforms.task.Task;
import io.moetool.transforms.task.TaskAnswers;
import io.moetool.transforms.task.TaskResult;
import io.moetool.transforms.task.TaskRunner;
import io.moetool.transforms.validate.BaseRun;
import io.moetool.transforms.validate.Gates;
import io.moetool.transforms.validate.TaskComparison;
import io.moetool.transforms.validate.Validation;
import io.moetool.transforms.validate.Validator;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A base that is run and asked once, to hold candidates against it. */
final class BaseComparison implements AutoCloseable {
  private final Console console;
  private final Validator validator;
  private final Optional<Tokenizer> tokenizer;
  private final Optional<TaskRunner> runner;
  private final List<TaskAnswers> answersOfBase = new ArrayList<>();
  private final BaseRun run;

  /**
   * Asks the base first, as nothing can be compared where it fails, and then runs it.
   *
   * @param input what base and candidates read
   * @param given data; the tasks' own texts if empty
   */
  BaseComparison(
      Console console,
      OrtEngine engine,
      WorkPool pool,
      OpenModel base,
      ModelInput input,
      Optional<SequenceData> given,
      List<Task> asked,
      TaskOptions tasks) {
    this.console = console;
    this.validator = new Validator(engine, pool);
    this.tokenizer =
        asked.isEmpty() ? Optional.empty() : Optional.of(Tokenizer.open(base.folder()));
    this.runner = tokenizer.map(opened -> tasks.runner(engine, pool, opened, input));
    for (Task task : asked) {
      TaskAnswers answers = runner.orElseThrow().answer(base, task, console.progress().steps());
      TaskText.warn(console, "the base", TaskResult.of(answers));
      answersOfBase.add(answers);
    }
    SequenceData data = given.orElseGet(() -> runner.orElseThrow().texts(asked));
    this.run = BaseRun.of(base, data, console.progress().steps());
  }

  /** What base and candidates read. */
  SequenceData data() {
    return run.data();
  }

  /** Holds a candidate against the base. */
  Validation with(OpenModel candidate, Gates gates) {
    List<TaskComparison> compared = new ArrayList<>();
    for (TaskAnswers ofBase : answersOfBase) {
      compared.add(
          TaskComparison.of(
              ofBase,
              runner.orElseThrow().answer(candidate, ofBase.task(), console.progress().steps())));
    }
    return validator.validate(run, candidate, compared, gates, console.progress().steps());
  }

  @Override
  public void close() {
    run.close();
    tokenizer.ifPresent(Tokenizer::close);
  }
}
