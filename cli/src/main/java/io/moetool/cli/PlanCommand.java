package io.moetool.cli;

import io.moetool.analyzers.saliency.SaliencyMethod.Needs;
import io.moetool.analyzers.statistics.MeasuredModel;
import io.moetool.analyzers.statistics.Statistics;
import io.moetool.analyzers.statistics.StatisticsFile;
import io.moetool.formats.BadInputException;
import io.moetool.formats.exported.ExportedModel;
import io.moetool.formats.json.Json;
import io.moetool.runtime.run.WorkPool;
import io.moetool.transforms.SoundCheckpoint;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.exported.PlannedExport;
import io.moetool.transforms.plan.MaskFile;
import io.moetool.transforms.plan.Plan;
import io.moetool.transforms.plan.PlanFile;
import io.moetool.transforms.plan.ResultForm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Decides which experts go, and writes the decision down. */
@Command(
    name = "plan",
    mixinStandardHelpOptions = true,
    customSynopsis = {
      "moetool plan MODEL [--statistics DIR] --method M",
      "         (--keep N | --remove 50%%) -o plan.json [OPTIONS]",
      "       moetool plan MODEL --task-pack FILE --pack D (--keep N | --remove 50%%) -o plan.json",
      "       moetool plan MODEL --from-mask FILE -o plan.json"
    },
    description =
        "Decide which experts go and write the decision to plan.json, for people to read, edit and"
            + " approve. No weight is changed. The same inputs give the same bytes.")
final class PlanCommand implements Callable<Integer> {
  @Mixin private CommonOptions common;

  @Mixin private ModelArgument model;

  @Option(
      names = "--statistics",
      paramLabel = "DIR",
      description = "What analyze wrote. Methods that need weights alone can do without.")
  private Optional<Path> statistics = Optional.empty();

  @Option(
      names = "--from-mask",
      paramLabel = "FILE",
      description =
          "Keep what a mask says: a JSON list with one row a layer with experts, of one 0 or 1 an"
              + " expert.")
  private Optional<Path> fromMask = Optional.empty();

  @Option(
      names = "--mask-out",
      paramLabel = "FILE",
      description = "Write the mask of what stays, too; an earlier mask is replaced.")
  private Optional<Path> maskOut = Optional.empty();

  @Option(
      names = "--to",
      paramLabel = "safetensors|onnx",
      description =
          "What the plan is to be carried out as (default: safetensors): a checkpoint, with as many"
              + " places for experts in every layer, or an ONNX model, in which each layer has its"
              + " own number of them.")
  private Optional<ResultForm> form = Optional.empty();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "plan.json",
      required = true,
      description = "File to write; an earlier plan of that name is replaced.")
  private Path output = Path.of("");

  @ArgGroup(validate = false, heading = "%nThe decision:%n")
  private DecisionOptions decision = new DecisionOptions();

  @ArgGroup(validate = false, heading = "%nWhat domains need:%n")
  private TaskPackOptions packs = new TaskPackOptions();

  @ArgGroup(validate = false, heading = "%nMerging, with a method that groups:%n")
  private MergingOptions merging = new MergingOptions();

  @Override
  public Integer call() {
    Console console = common.console();
    Deciding deciding = deciding();
    requireOneWay(deciding);
    boolean removesFromExport = model.isOnnx() && !decision.groups();
    return removesFromExport ? ofExport(console) : ofCheckpoint(console, deciding);
  }

  private Deciding deciding() {
    if (!decision.groups()) {
      return Deciding.removal(common, decision, packs).as(form.orElse(ResultForm.SAFETENSORS));
    }
    Deciding merges = Deciding.merging(common, decision, merging);
    return model.isOnnx() ? merges.as(ResultForm.ONNX) : merges;
  }

  private int ofExport(Console console) {
    if (form.isPresent()) {
      throw common.usage("--to has no effect on an ONNX model, which stays one");
    }
    packs.refuse(common, "on an ONNX model: plan on the checkpoint it was made from");
    if (fromMask.isEmpty()) {
      ExportDeciding.requireComplete(common, decision, statistics.isPresent());
    }
    try (ExportedModel source = ExportedModel.open(model.path(), model.families());
        WorkPool pool = new WorkPool(common.threads())) {
      source.findings().forEach(finding -> console.warn(finding.toString()));
      requireWritable(source.file().folder());
      ExportDeciding deciding =
          new ExportDeciding(common, decision, source, PlannedExport.of(source));
      write(
          console,
          fromMask
              .map(deciding::masked)
              .orElseGet(() -> deciding.decided(statistics, pool, console)));
    }
    return ExitCode.OK.value();
  }

  private int ofCheckpoint(Console console, Deciding deciding) {
    try (SourceModel source = model.openAny(measuredOn(), console);
        WorkPool pool = new WorkPool(common.threads())) {
      requireWritable(source.tensors().folder());
      SoundCheckpoint.require(source.architecture(), source.tensors());
      write(
          console,
          fromMask
              .map(mask -> deciding.masked(source, mask))
              .orElseGet(() -> decided(deciding, source, pool, console)));
    }
    return ExitCode.OK.value();
  }

  private void write(Console console, Plan plan) {
    PlanFile.write(plan, output);
    maskOut.ifPresent(file -> MaskFile.write(plan, file));
    plan.warnings().forEach(console::warn);
    console.result(plan, () -> PlanText.render(output, plan, console.ink()));
  }

  private void requireWritable(Path source) {
    requireWritable(source, output, "plan", PlanFile::read);
    maskOut.ifPresent(
        file -> requireWritable(source, file, "mask", old -> Json.readStrict(old, int[][].class)));
  }

  private void requireOneWay(Deciding deciding) {
    if (!decision.groups()) {
      merging.refuse(common, "without a method that groups experts");
    }
    if (fromMask.isPresent()) {
      decision.refuseWithMask(common);
      packs.refuse(common, "with --from-mask: the mask has decided");
      if (statistics.isPresent()) {
        throw common.usage("--statistics has no effect with --from-mask: the mask has decided");
      }
      return;
    }
    if (decision.groups()) {
      if (form.isPresent()) {
        throw common.usage(
            "--to has no effect with a method that groups experts: --router map is for ONNX models,"
                + " and what else is merged can become either");
      }
      packs.refuse(common, "with a method that groups experts");
    }
    if (!packs.rankAll()) {
      decision.requireMethod(common);
    }
    deciding.requireComplete();
    if (statistics.isEmpty()) {
      decision.refuseWithoutData(common);
      if (deciding.needs() == Needs.DATA) {
        throw common.usage("this method needs data: name what analyze wrote with --statistics DIR");
      }
      deciding.refuseBase();
    }
  }

  private Plan decided(Deciding deciding, SourceModel source, WorkPool pool, Console console) {
    deciding.requireReachable(source);
    return deciding.plan(
        source,
        statistics.map(Path::toString).orElse("weights of " + model.path()),
        measured(deciding, source, pool, console));
  }

  /** What the statistics name the model by. */
  private Optional<String> measuredOn() {
    return statistics
        .filter(folder -> model.isOnnx())
        .map(folder -> StatisticsFile.read(folder).model().fingerprint());
  }

  private Statistics measured(
      Deciding deciding, SourceModel source, WorkPool pool, Console console) {
    if (statistics.isPresent()) {
      return Deciding.read(statistics.get(), source);
    }
    return deciding.needs() == Needs.NOTHING
        ? Statistics.none(MeasuredModel.of(source.architecture(), source.fingerprint()))
        : new Measuring(source, pool, console.progress().steps()).weights();
  }

  /** A file may replace one of its kind, and nothing else; nothing is written into a source. */
  private static void requireWritable(Path source, Path file, String kind, Consumer<Path> reader) {
    Path target = file.toAbsolutePath().normalize();
    if (target.startsWith(source.toAbsolutePath().normalize())) {
      throw new BadInputException(
          file.toString(),
          "lies inside the source " + source,
          "choose a file outside it; sources are never written to");
    }
    if (Files.exists(target)) {
      try {
        reader.accept(target);
      } catch (BadInputException e) {
        throw new BadInputException(
            file.toString(), "exists and is no " + kind, "choose another file or remove it", e);
      }
    }
  }
}
