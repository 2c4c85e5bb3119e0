package io.moetool.cli;

import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.WorkPool;
import io.moetool.runtime.text.ModelInput;
import io.moetool.runtime.text.SequenceData;
import io.moetool.transforms.evaluate.OpenModel;
import io.moetool.transforms.task.Task;
import io.moetool.transforms.validate.Gates;
import io.moetool.transforms.validate.LayerDifference;
import io.moetool.transforms.validate.LayerValidator;
import io.moetool.transforms.validate.Sweep;
import io.moetool.transforms.validate.SweepReport;
import io.moetool.transforms.validate.Validation;
import io.moetool.transforms.validate.ValidationReport;
import io.moetool.transforms.validate.Validator;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
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
  private static final int DEFAULT_LAYER_TOKENS = 2048;

  @Mixin private CommonOptions common;

  @Mixin private FamilyOption family;

  @Parameters(
      index = "0",
      paramLabel = "BASE",
      description = "The original: checkpoint or ONNX model. Its tokenizer reads the data.")
  private Path base = Path.of("");

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "CANDIDATE",
      description = "What was made of it: checkpoint or ONNX model.")
  private Optional<Path> candidate = Optional.empty();

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

  @Option(
      names = "--sweep",
      paramLabel = "FILE",
      description = {
        "Instead of a candidate: a plan for BASE, carried out in memory and not written, or a model."
            + " May be repeated; gates then find the smallest that keeps all of them."
      })
  private List<Path> sweep = new ArrayList<>();

  @Option(
      names = "--layers",
      description =
          "Show, too, after which layer a checkpoint begins to differ: hidden states and chosen"
              + " experts on some of the data.")
  private boolean layers;

  @Option(
      names = "--layer-tokens",
      paramLabel = "N",
      description = "Tokens that --layers looks at (default: 2048).")
  private Optional<Integer> layerTokens = Optional.empty();

  @Override
  public Integer call() {
    Console console = common.console();
    requireSense();
    Gates gates = limits.gates(common, tasks.isGiven());
    List<Task> asked = tasks.read(common);
    OrtEngine engine = run.open(common);
    try (WorkPool pool = new WorkPool(common.threads());
        OpenModel first = OpenModel.open(base, family.catalog(), engine, pool)) {
      boolean passed =
          candidate.isPresent()
              ? one(console, engine, pool, first, candidate.get(), asked, gates)
              : several(console, engine, pool, first, asked, gates);
      return (passed ? ExitCode.OK : ExitCode.CHECK).value();
    }
  }

  private void requireSense() {
    if (candidate.isPresent() != sweep.isEmpty()) {
      throw common.usage("say what to hold against the base: either CANDIDATE, or --sweep FILE...");
    }
    if (layers && !sweep.isEmpty()) {
      throw common.usage("--layers is about one candidate, and has no effect with --sweep");
    }
    if (layerTokens.isPresent() && !layers) {
      throw common.usage("--layer-tokens has no effect without --layers");
    }
    if (layerTokens.orElse(1) < 1) {
      throw common.usage("--layer-tokens must be at least 1");
    }
    if (!tasks.isGiven()) {
      data.require(common);
    }
    data.refuseWithoutData(common);
    List<Path> models = new ArrayList<>(List.of(base));
    candidate.ifPresent(models::add);
    sweep.stream().filter(named -> !SweepCandidates.isPlan(named)).forEach(models::add);
    family.refuseWithoutCheckpoint(common, models);
  }

  private boolean one(
      Console console,
      OrtEngine engine,
      WorkPool pool,
      OpenModel first,
      Path named,
      List<Task> asked,
      Gates gates) {
    try (OpenModel second = OpenModel.open(named, family.catalog(), engine, pool)) {
      Validator.requireComparable(first, second);
      ModelInput input = first.model().input().sharedWith(second.model().input());
      try (BaseComparison comparison =
          new BaseComparison(
              console, engine, pool, first, input, given(first, input), asked, tasks)) {
        List<LayerDifference> differences =
            layers ? differences(console, first, second, comparison.data()) : List.of();
        Validation validation = comparison.with(second, gates).with(differences);
        report.ifPresent(
            file -> ValidationReport.write(file, base.toString(), named.toString(), validation));
        console.result(
            validation, () -> ValidationText.render(base, named, validation, console.ink()));
        return validation.passed();
      }
    }
  }

  private List<LayerDifference> differences(
      Console console, OpenModel first, OpenModel second, SequenceData sequences) {
    LayerValidator validator =
        new LayerValidator(
            first, sequences, layerTokens.orElse(DEFAULT_LAYER_TOKENS), console.progress().steps());
    return validator.compare(second, validator.slots(second.folder()), console.progress().steps());
  }

  private boolean several(
      Console console,
      OrtEngine engine,
      WorkPool pool,
      OpenModel first,
      List<Task> asked,
      Gates gates) {
    ModelInput input = first.model().input();
    SequencedMap<String, Validation> validations = new LinkedHashMap<>();
    try (SweepCandidates candidates = new SweepCandidates(base, family.catalog(), engine, pool);
        BaseComparison comparison =
            new BaseComparison(
                console, engine, pool, first, input, given(first, input), asked, tasks)) {
      for (Path named : sweep) {
        console.note("candidate " + named);
        try (OpenModel second = candidates.open(named, comparison.data())) {
          if (validations.put(named.toString(), comparison.with(second, gates)) != null) {
            throw common.usage("--sweep names %s twice".formatted(named));
          }
        }
      }
    }
    Sweep result = Sweep.of(validations);
    report.ifPresent(file -> SweepReport.write(file, base.toString(), result));
    console.result(result, () -> SweepText.render(base, result, console.ink()));
    return gates.equals(Gates.NONE) || result.smallestPassing().isPresent();
  }

  private Optional<SequenceData> given(OpenModel first, ModelInput input) {
    return data.isGiven()
        ? Optional.of(data.read(common, first.folder(), input))
        : Optional.empty();
  }
}
