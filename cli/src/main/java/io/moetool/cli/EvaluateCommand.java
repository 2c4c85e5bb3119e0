package io.moetool.cli;

import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.WorkPool;
import io.moetool.runtime.text.SequenceData;
import io.moetool.transforms.evaluate.Evaluation;
import io.moetool.transforms.evaluate.Evaluator;
import io.moetool.transforms.evaluate.OpenModel;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Measures how well a model predicts text. */
@Command(
    name = "evaluate",
    mixinStandardHelpOptions = true,
    customSynopsis = "moetool evaluate MODEL --data FILE... [OPTIONS]",
    description =
        "Measure a model's loss on data. A checkpoint is run layer by layer with streamed weights,"
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

  @ArgGroup(validate = false, heading = "%nRunning the model:%n")
  private RunOptions run = new RunOptions();

  @Override
  public Integer call() {
    Console console = common.console();
    data.require(common);
    family.refuseWithoutCheckpoint(common, List.of(path));
    OrtEngine engine = run.open(common);
    try (WorkPool pool = new WorkPool(common.threads());
        OpenModel opened = OpenModel.open(path, family.catalog(), engine, pool)) {
      SequenceData sequences = data.read(common, opened.folder(), opened.model().input());
      Evaluation evaluation =
          new Evaluator(engine, pool)
              .evaluate(opened.model(), sequences, console.progress().steps());
      console.result(evaluation, () -> EvaluationText.render(path, evaluation, console.ink()));
    }
    return ExitCode.OK.value();
  }
}
