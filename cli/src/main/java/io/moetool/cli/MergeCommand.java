package io.moetool.cli;

import io.moetool.analyzers.statistics.Statistics;
import io.moetool.analyzers.statistics.StatisticsFile;
import io.moetool.formats.publish.Leftover;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.WorkPool;
import io.moetool.runtime.text.ModelInput;
import io.moetool.runtime.text.SequenceData;
import io.moetool.transforms.SoundCheckpoint;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.merge.FittedProjections;
import io.moetool.transforms.merge.LeastSquaresRepair;
import io.moetool.transforms.plan.Plan;
import io.moetool.transforms.plan.PlanCheck;
import io.moetool.transforms.plan.PlanFile;
import io.moetool.transforms.plan.Repair;
import io.moetool.transforms.plan.ResultForm;
import io.moetool.transforms.prune.PruneResult;
import io.moetool.transforms.prune.Pruner;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Writes a checkpoint in which groups of experts have become one. */
@Command(
    name = "merge",
    mixinStandardHelpOptions = true,
    customSynopsis = {
      "moetool merge MODEL -o OUT --plan plan.json [OPTIONS]",
      "       moetool merge MODEL -o OUT (--statistics DIR | --data FILE...)",
      "         [--method M] (--keep N | --remove 50%%) [--router R] [OPTIONS]"
    },
    description =
        "Write a checkpoint in which groups of experts have become one: as a plan says, or as"
            + " statistics or data decide. The result loads where the source loads. An ONNX model becomes"
            + " one of the same form.")
final class MergeCommand implements Callable<Integer> {
  /** How a merged expert makes up for what its members were. */
  enum RepairKind {
    LEAST_SQUARES;

    /** What is written on the command line. */
    @Override
    public String toString() {
      return Repair.LEAST_SQUARES;
    }
  }

  private static final int DEFAULT_REPAIR_TOKENS = 16_384;

  @Mixin private CommonOptions common;

  @Mixin private ModelArgument model;

  @Mixin private CheckpointOutput output;

  @Option(names = "--plan", paramLabel = "plan.json", description = "A plan for this checkpoint.")
  private Optional<Path> planFile = Optional.empty();

  @Option(names = "--statistics", paramLabel = "DIR", description = "What analyze wrote.")
  private Optional<Path> statistics = Optional.empty();

  @Option(
      names = "--repair",
      paramLabel = "least-squares",
      description =
          "Fit the last projection of every merged expert to what its members add, on --data"
              + " (MergeMoE).")
  private Optional<RepairKind> repair = Optional.empty();

  @Option(
      names = "--repair-tokens",
      paramLabel = "N",
      description = "Tokens of the data that projections are fitted on (default: 16384).")
  private Optional<Integer> repairTokens = Optional.empty();

  @Option(
      names = "--dry-run",
      description = "Show sizes and where the result loads; write nothing.")
  private boolean dryRun;

  @ArgGroup(validate = false, heading = "%nThe decision, without a plan:%n")
  private DecisionOptions decision = new DecisionOptions();

  @ArgGroup(validate = false, heading = "%nHow groups become one, without a plan:%n")
  private MergingOptions merging = new MergingOptions();

  @ArgGroup(validate = false, heading = "%nData to decide by, without statistics:%n")
  private DataOptions data = new DataOptions();

  @ArgGroup(validate = false, heading = "%nRunning the model on data:%n")
  private RunOptions run = new RunOptions();

  @Override
  public Integer call() {
    Console console = common.console();
    requireOneWay();
    Leftover leftover = output.leftover(common, dryRun);
    if (model.isOnnx()) {
      requireForExport(leftover);
    }
    try (SourceModel source = model.openAny(decidedAbout(), console);
        WorkPool pool = new WorkPool(common.threads());
        InterruptionNote _ = InterruptionNote.about(output.folder(), console)) {
      output.prepare(console, source.files(), dryRun);
      SoundCheckpoint.require(source.architecture(), source.tensors());
      Plan plan = plan(source, pool, console);
      String where = planFile.map(Path::toString).orElse("the plan");
      if (model.isOnnx()) {
        new ExportMerging(model, output.folder(), pool, console).run(source, where, plan, dryRun);
      } else if (dryRun) {
        // What is fitted has the size of what it is fitted to.
        Plan sizes = repair.isPresent() ? plan.unrepaired() : plan;
        Pruner pruner = new Pruner(source, VersionText.version(), pool);
        PruneText.showMerged(
            console, output.folder(), plan, pruner.preview(where, sizes, output.shardBytes()));
      } else if (repair.isPresent()) {
        PlanCheck.require(where, plan.unrepaired(), source.architecture(), source.fingerprint());
        try (FittedProjections fitted = fitted(plan, source, pool, console)) {
          Plan repaired = plan.repairedBy(fitted.repair());
          write(where, repaired, Optional.of(fitted), leftover, source, pool, console);
        }
      } else {
        write(where, plan, Optional.empty(), leftover, source, pool, console);
      }
    }
    return ExitCode.OK.value();
  }

  private void write(
      String where,
      Plan plan,
      Optional<FittedProjections> fitted,
      Leftover leftover,
      SourceModel source,
      WorkPool pool,
      Console console) {
    PruneResult result =
        new Pruner(source, VersionText.version(), pool, fitted)
            .prune(
                where,
                plan,
                output.shardBytes(),
                output.folder(),
                leftover,
                console.progress().bytes("writing " + output.folder()));
    PruneText.showMerged(console, plan, result);
  }

  private FittedProjections fitted(Plan plan, SourceModel source, WorkPool pool, Console console) {
    FittedProjections fitted =
        LeastSquaresRepair.fit(
            source,
            plan,
            sequences(source),
            repairTokens.orElse(DEFAULT_REPAIR_TOKENS),
            run.open(common),
            pool,
            console.progress().steps(),
            output.folder());
    console.note(
        String.format(
            Locale.ROOT,
            "fitted: squared error of what merged experts add, mean over layers: %.4f became %.4f",
            fitted.repair().meanErrorBefore(),
            fitted.repair().meanErrorAfter()));
    return fitted;
  }

  private SequenceData sequences(SourceModel source) {
    return data.read(common, source.tensors().folder(), ModelInput.of(source.architecture()));
  }

  private void requireOneWay() {
    long ways =
        Stream.of(planFile.isPresent(), statistics.isPresent(), data.isGiven() && repair.isEmpty())
            .filter(given -> given)
            .count();
    if (ways > 1 || (ways == 0 && !data.isGiven())) {
      throw common.usage("say what decides: one of --plan, --statistics and --data");
    }
    requireRepairable();
    data.refuseWithoutData(common);
    if (!data.isGiven()) {
      run.refuseWithoutData(common);
    }
    if (planFile.isPresent()) {
      decision.refuseWithPlan(common);
      merging.refuse(common, "with --plan: the plan has decided");
    } else {
      if (!model.isOnnx()) {
        merging.requireForCheckpoint(common);
      }
      deciding().requireComplete();
    }
  }

  /** Refuses what has no effect on an ONNX model, or is not done to one. */
  private void requireForExport(Leftover leftover) {
    if (output.shardBytes().isPresent()) {
      throw common.usage("--shard-size has no effect on an ONNX model: its data are one file");
    }
    if (leftover != Leftover.REFUSE) {
      throw common.usage(
          "an ONNX model is written in one go: there is nothing to resume or discard");
    }
    if (repair.isPresent()) {
      throw common.usage(
          "--repair fits what merged experts of a checkpoint become: merge the one that the ONNX model"
              + " was made from, or that convert --to safetensors makes of it");
    }
  }

  /** What the plan or the statistics name an ONNX model by. */
  private Optional<String> decidedAbout() {
    if (!model.isOnnx()) {
      return Optional.empty();
    }
    return planFile
        .map(file -> PlanFile.read(file).source().fingerprint())
        .or(() -> statistics.map(folder -> StatisticsFile.read(folder).model().fingerprint()));
  }

  private void requireRepairable() {
    if (repair.isPresent() && !data.isGiven()) {
      throw common.usage("--repair needs data to fit on: name some with --data");
    }
    if (repairTokens.isPresent() && repair.isEmpty()) {
      throw common.usage("--repair-tokens has no effect without --repair");
    }
    if (repairTokens.orElse(1) < 1) {
      throw common.usage("--repair-tokens must be at least 1");
    }
  }

  private Plan plan(SourceModel source, WorkPool pool, Console console) {
    if (planFile.isPresent()) {
      Plan plan = PlanFile.read(planFile.get());
      Deciding.requireAction(planFile.get(), plan, Plan.MERGE);
      return plan;
    }
    String where = statistics.map(Path::toString).orElse("statistics over the data");
    Deciding deciding = deciding();
    deciding.requireReachable(source);
    Plan plan = deciding.plan(source, where, measured(source, pool, console));
    plan.warnings().forEach(console::warn);
    return plan;
  }

  private Deciding deciding() {
    Deciding deciding = Deciding.merging(common, decision, merging);
    return model.isOnnx() ? deciding.as(ResultForm.ONNX) : deciding;
  }

  private Statistics measured(SourceModel source, WorkPool pool, Console console) {
    if (statistics.isPresent()) {
      return Deciding.read(statistics.get(), source);
    }
    OrtEngine engine = run.open(common);
    return new Measuring(source, pool, console.progress().steps())
        .weightsAnd(sequences(source), engine, deciding().sampleTokens());
  }
}
