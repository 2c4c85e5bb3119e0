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
import io.moetool.transforms.validate.Gates;
import io.moetool.transforms.validate.TaskComparison;
import io.moetool.transforms.validate.Validation;
import io.moetool.transforms.validate.ValidationReport;
import io.moetool.transforms.validate.Validator;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Compares a model with the one it was made from. */
@Command(
    name = "validate",
    mixinStandardHelpOptions = true,
    customSynopsis =
        "moetool validate BASE CANDIDATE (--data FILE... | --task FILE...) [GATES] [OPTIONS]",
    description =
        "Run two models on the same data and compare what they predict: loss, perplexity, KL"
            + " divergence and agreement, by domain, with 95% confidence intervals (bootstrap over"
            + " sequences) and the p-value of the loss difference (sign-flip test); and how many"
            + " questions of tasks they answer. Without data, the tasks' questions with their right"
            + " answers are the data. A gate that is not kept ends with exit code 4.")
final class ValidateCommand implements Callable<Integer> {
  @Mixin private CommonOptions common;

  @Mixin private FamilyOption family;

  @Parameters(
      index = "0",
      paramLabel = "BASE",
      description = "The original: checkpoint or ONNX model. Its tokenizer reads the data.")
  private Path base = Path.of("");

  @Parameters(
      index = "1",
      paramLabel = "CANDIDATE",
      description = "What was made of it: checkpoint or ONNX model.")
  private Path candidate = Path.of("");

  @ArgGroup(validate = false, heading = "%nData:%n")
  private DataOptions data = new DataOptions();

  @ArgGroup(validate = false, heading = "%nTasks:%n")
  private TaskOptions tasks = new TaskOptions();

  @ArgGroup(validate = false, heading = "%nRunning the models:%n")
  private RunOptions run = new RunOptions();

  @ArgGroup(validate = false, heading = "%nGates:%n")
  private GateOptions limits = new GateOptions();

  @Option(
      names = "--report",
      paramLabel = "FILE",
      description = "Write the comparison as an HTML page, too.")
  private Optional<Path> report = Optional.empty();

  @Override
  public Integer call() {
    Console console = common.console();
    if (!tasks.isGiven()) {
      data.require(common);
    }
    data.refuseWithoutData(common);
    family.refuseWithoutCheckpoint(common, List.of(base, candidate));
    Gates gates = limits.gates(common, tasks.isGiven());
    List<Task> asked = tasks.read(common);
    OrtEngine engine = run.open(common);
    try (WorkPool pool = new WorkPool(common.threads());
        OpenModel first = OpenModel.open(base, family.catalog(), engine, pool);
        OpenModel second = OpenModel.open(candidate, family.catalog(), engine, pool)) {
      ModelInput input = first.model().input().sharedWith(second.model().input());
      Optional<SequenceData> given =
          data.isGiven() ? Optional.of(data.read(common, first.folder(), input)) : Optional.empty();
      List<TaskComparison> answered = List.of();
      SequenceData sequences;
      if (asked.isEmpty()) {
        sequences = given.orElseThrow();
      } else {
        try (Tokenizer tokenizer = Tokenizer.open(first.folder())) {
          TaskRunner runner = tasks.runner(engine, pool, tokenizer, input);
          answered = answered(console, runner, asked, first, second);
          sequences = given.orElseGet(() -> runner.texts(asked));
        }
      }
      Validation validation =
          new Validator(engine, pool)
              .validate(first, second, sequences, answered, gates, console.progress().steps());
      report.ifPresent(
          file -> ValidationReport.write(file, base.toString(), candidate.toString(), validation));
      console.result(
          validation, () -> ValidationText.render(base, candidate, validation, console.ink()));
      return (validation.passed() ? ExitCode.OK : ExitCode.CHECK).value();
    }
  }

  /** The base first: where it fails, nothing can be compared. */
  private static List<TaskComparison> answered(
      Console console, TaskRunner runner, List<Task> asked, OpenModel first, OpenModel second) {
    List<TaskComparison> compared = new ArrayList<>();
    for (Task task : asked) {
      TaskAnswers ofBase = runner.answer(first, task, console.progress().steps());
      TaskText.warn(console, "the base", TaskResult.of(ofBase));
      compared.add(
          TaskComparison.of(ofBase, runner.answer(second, task, console.progress().steps())));
    }
    return compared;
  }
}
