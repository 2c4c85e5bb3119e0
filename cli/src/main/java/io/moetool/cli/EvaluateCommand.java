package io.moetool.cli;

import io.moetool.formats.json.Json;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.MemoryLimit;
import io.moetool.runtime.run.WorkPool;
import io.moetool.runtime.text.ModelInput;
import io.moetool.runtime.text.SequenceData;
import io.moetool.runtime.text.Tokenizer;
import io.moetool.transforms.evaluate.Evaluation;
import io.moetool.transforms.evaluate.Evaluator;
import io.moetool.transforms.evaluate.OpenModel;
import io.moetool.transforms.task.Task;
import io.moetool.transforms.task.TaskResult;
import io.moetool.transforms.task.TaskRunner;
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
import tools.jackson.databind.node.ObjectNode;

/** Measures how well a model predicts text. */
@Command(
    name = "evaluate",
    mixinStandardHelpOptions = true,
    customSynopsis = "moetool evaluate MODEL (--data FILE... | --task FILE...) [OPTIONS]",
    description =
        "Measure a model's loss on data, and how many questions of tasks it answers. Without data,"
            + " the tasks' questions with their right answers are the data. A checkpoint is run layer by layer with streamed weights,"
            + " whatever its size; an ONNX model is run as it is, in one ONNX Runtime session.")
final class EvaluateCommand implements Callable<Integer> {
  @Mixin private CommonOptions common;

  @Mixin private FamilyOption family;

  @Parameters(
      index = "0",
      paramLabel = "MODEL",
      description = "Checkpoint folder, .safetensors file, or ONNX model.")
  private Path path = Path.of("");

  @ArgGroup(validate = false, heading = "%nData:%n")
  private DataOptions data = new DataOptions();

  @ArgGroup(validate = false, heading = "%nTasks:%n")
  private TaskOptions tasks = new TaskOptions();

  @Option(
      names = "--memory-limit",
      paramLabel = "SIZE",
      converter = SizeConverter.class,
      description =
          "Take at most about this much memory for a checkpoint, as 8GB or 800MB: in smaller"
              + " portions, with hidden states in a file in the temporary folder if need be. The"
              + " result is the same (default: as much as is fastest).")
  private Optional<Long> memoryLimit = Optional.empty();

  @ArgGroup(validate = false, heading = "%nRunning the model:%n")
  private RunOptions run = new RunOptions();

  @Override
  public Integer call() {
    Console console = common.console();
    if (!tasks.isGiven()) {
      data.require(common);
    }
    data.refuseWithoutData(common);
    family.refuseWithoutCheckpoint(common, List.of(path));
    if (memoryLimit.isPresent() && OpenModel.isOnnx(path)) {
      throw common.usage(
          "--memory-limit is about checkpoints: ONNX Runtime holds an ONNX model as a whole");
    }
    List<Task> asked = tasks.read(common);
    OrtEngine engine = run.open(common);
    try (WorkPool pool = new WorkPool(common.threads());
        OpenModel opened = OpenModel.open(path, family.catalog(), engine, pool, limit())) {
      ModelInput input = opened.model().input();
      Optional<SequenceData> given =
          data.isGiven()
              ? Optional.of(data.read(common, opened.folder(), input))
              : Optional.empty();
      List<TaskResult> results = new ArrayList<>();
      SequenceData sequences;
      if (asked.isEmpty()) {
        sequences = given.orElseThrow();
      } else {
        try (Tokenizer tokenizer = Tokenizer.open(opened.folder())) {
          TaskRunner runner = tasks.runner(engine, pool, tokenizer, input);
          for (Task task : asked) {
            TaskResult result =
                TaskResult.of(runner.answer(opened, task, console.progress().steps()));
            TaskText.warn(console, "the model", result);
            results.add(result);
          }
          sequences = given.orElseGet(() -> runner.texts(asked));
        }
      }
      Evaluation evaluation =
          new Evaluator(engine, pool)
              .evaluate(opened.model(), sequences, console.progress().steps());
      ObjectNode document = (ObjectNode) Json.tree(evaluation);
      if (!results.isEmpty()) {
        document.set("tasks", Json.tree(results));
      }
      console.result(
          document,
          () -> EvaluationText.render(path, evaluation, console.ink()) + TaskText.render(results));
    }
    return ExitCode.OK.value();
  }

  private Optional<MemoryLimit> limit() {
    Path folder = Path.of(System.getProperty("java.io.tmpdir"));
    return memoryLimit.map(bytes -> new MemoryLimit(bytes, folder));
  }
}
