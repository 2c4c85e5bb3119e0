package io.moetool.cli;

import io.moetool.analyzers.Analysis;
import io.moetool.analyzers.Analyzer;
import io.moetool.analyzers.statistics.BaseRouters;
import io.moetool.analyzers.statistics.MeasuredModel;
import io.moetool.analyzers.statistics.OnnxWeightReader;
import io.moetool.analyzers.statistics.Statistics;
import io.moetool.formats.exported.ExportedModel;
import io.moetool.formats.publish.Leftover;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.MemoryLimit;
import io.moetool.runtime.run.RunProgress;
import io.moetool.runtime.run.WorkPool;
import io.moetool.runtime.text.ModelInput;
import io.moetool.runtime.text.SequenceData;
import io.moetool.transforms.SoundCheckpoint;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.exported.PlannedExport;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Finds out which experts matter. */
@Command(
    name = "analyze",
    mixinStandardHelpOptions = true,
    customSynopsis = "moetool analyze MODEL [--data FILE]... -o DIR [OPTIONS]",
    description =
        "Find out which experts matter, in one pass over calibration data; without data, only what"
            + " weights alone tell. Writes statistics.safetensors, analysis.json and report.html.")
final class AnalyzeCommand implements Callable<Integer> {
  @Mixin private CommonOptions common;

  @Mixin private ModelArgument model;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "DIR",
      required = true,
      description = "New folder; an earlier analysis there is replaced.")
  private Path output = Path.of("");

  @ArgGroup(validate = false, heading = "%nData:%n")
  private DataOptions data = new DataOptions();

  @Option(
      names = "--sample-tokens",
      paramLabel = "N",
      description =
          "Run every expert on this many of the tokens, to compare experts and to forecast what"
              + " their removal costs (default: "
              + Measuring.SAMPLE_TOKENS
              + "; 0: none).")
  private Optional<Integer> sampleTokens = Optional.empty();

  @Option(
      names = "--base",
      paramLabel = "BASE",
      description =
          "The checkpoint that MODEL was trained from: its routers are compared with MODEL's, which"
              + " the method router_norm_change needs.")
  private Optional<Path> base = Optional.empty();

  @Option(
      names = "--memory-limit",
      paramLabel = "SIZE",
      converter = SizeConverter.class,
      description =
          "Take at most about this much memory, as 8GB or 800MB: in smaller portions, with hidden"
              + " states in a file beside the output if need be. The result is the same, byte for"
              + " byte (default: as much as is fastest).")
  private Optional<Long> memoryLimit = Optional.empty();

  @Mixin private UnfinishedOptions unfinished;

  @ArgGroup(validate = false, heading = "%nRunning the model:%n")
  private RunOptions run = new RunOptions();

  @Override
  public Integer call() {
    Console console = common.console();
    data.refuseWithoutData(common);
    if (!data.isGiven()) {
      run.refuseWithoutData(common);
      if (sampleTokens.isPresent()) {
        throw common.usage("--sample-tokens has no effect without --data");
      }
      if (memoryLimit.isPresent()) {
        throw common.usage(
            "--memory-limit has no effect without --data: one expert is read at a time");
      }
    }
    Leftover leftover = unfinished.leftover(common);
    if (leftover == Leftover.RESUME && !data.isGiven()) {
      throw common.usage("--resume has no effect without --data: weights are read in one go");
    }
    if (sampleTokens.orElse(0) < 0) {
      throw common.usage("--sample-tokens must be at least 0");
    }
    if (base.isPresent() && model.isOnnx()) {
      throw common.usage("--base is compared with checkpoints, not with ONNX models");
    }
    if (model.isOnnx() && !data.isGiven()) {
      ofExport(leftover, console);
    } else {
      measure(leftover, console);
    }
    return ExitCode.OK.value();
  }

  private void measure(Leftover leftover, Console console) {
    try (SourceModel source = model.openAny(Optional.empty(), console);
        WorkPool pool = new WorkPool(common.threads());
        InterruptionNote _ = InterruptionNote.about(output, console);
        AnalysisFolder folder = begin(source.tensors().folder(), leftover, console)) {
      SoundCheckpoint.require(source.architecture(), source.tensors());
      Optional<BaseRouters> routers = base.map(path -> routers(path, source, console));
      write(measured(source, routers, folder, pool, console), folder, console);
    }
  }

  /** What weights alone tell, of an ONNX model. */
  private void ofExport(Leftover leftover, Console console) {
    try (ExportedModel source = ExportedModel.open(model.path(), model.families());
        WorkPool pool = new WorkPool(common.threads());
        InterruptionNote _ = InterruptionNote.about(output, console);
        AnalysisFolder folder = begin(source.file().folder(), leftover, console)) {
      PlannedExport planned = PlannedExport.of(source);
      Statistics nothing = Statistics.none(planned.measured(planned.fingerprint()));
      RunProgress progress = console.progress().steps();
      write(
          nothing.withWeights(new OnnxWeightReader(source, pool).read(progress)), folder, console);
    }
  }

  private void write(Statistics statistics, AnalysisFolder folder, Console console) {
    Analysis analysis = Analyzer.analyze(statistics);
    folder.write(statistics, analysis);
    analysis.warnings().forEach(console::warn);
    console.result(analysis, () -> AnalysisText.render(output, analysis, console.ink()));
  }

  private AnalysisFolder begin(Path source, Leftover leftover, Console console) {
    AnalysisFolder.requireReplaceable(output);
    unfinished.prepare(console, output);
    return AnalysisFolder.begin(output, List.of(source), leftover);
  }

  private BaseRouters routers(Path path, SourceModel source, Console console) {
    try (SourceModel opened = ModelArgument.open(path, model.families(), console)) {
      SoundCheckpoint.require(opened.architecture(), opened.tensors());
      return BaseRouters.read(
          path.toString(),
          MeasuredModel.of(opened.architecture(), opened.fingerprint()),
          opened.architecture(),
          opened.tensors(),
          MeasuredModel.of(source.architecture(), source.fingerprint()));
    }
  }

  private Statistics measured(
      SourceModel source,
      Optional<BaseRouters> routers,
      AnalysisFolder folder,
      WorkPool pool,
      Console console) {
    Measuring measuring = new Measuring(source, pool, console.progress().steps(), routers);
    if (!data.isGiven()) {
      return measuring.weights();
    }
    OrtEngine engine = run.open(common);
    SequenceData sequences =
        data.read(common, source.tensors().folder(), ModelInput.of(source.architecture()));
    return measuring.weightsAnd(
        sequences,
        engine,
        sampleTokens.orElse(Measuring.SAMPLE_TOKENS),
        memoryLimit.map(bytes -> new MemoryLimit(bytes, folder.aside())),
        Optional.of(folder));
  }
}
