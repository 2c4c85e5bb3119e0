package io.moetool.cli;

import io.moetool.analyzers.saliency.SaliencyMethod.Needs;
import io.moetool.analyzers.statistics.MeasuredModel;
import io.moetool.analyzers.statistics.Statistics;
import io.moetool.formats.publish.Leftover;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.RunProgress;
import io.moetool.runtime.run.WorkPool;
import io.moetool.runtime.text.ModelInput;
import io.moetool.runtime.text.SequenceData;
import io.moetool.transforms.SoundCheckpoint;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.evaluate.OpenModel;
import io.moetool.transforms.plan.Plan;
import io.moetool.transforms.plan.PlanCheck;
import io.moetool.transforms.plan.PlanFile;
import io.moetool.transforms.plan.Repair;
import io.moetool.transforms.plan.SiblingPlan;
import io.moetool.transforms.prune.PruneResult;
import io.moetool.transforms.prune.Pruner;
import io.moetool.transforms.repair.RouterRepair;
import io.moetool.transforms.repair.ScalarRepair;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Writes a checkpoint without some of its experts. */
@Command(
    name = "prune",
    mixinStandardHelpOptions = true,
    customSynopsis = {
      "moetool prune MODEL -o OUT --plan plan.json [OPTIONS]",
      "       moetool prune MODEL -o OUT (--statistics DIR | --data FILE...)",
      "         [--method M] (--keep N | --remove 50%%) [OPTIONS]",
      "       moetool prune MODEL -o OUT --task-pack FILE --pack D",
      "         (--keep N | --remove 50%%) [OPTIONS]",
      "       moetool prune MODEL.onnx -o OUT",
      "         (--plan plan.json | [--statistics DIR] --method M (--keep N | --remove 50%%))"
    },
    description =
        "Write a checkpoint without some of its experts: as a plan says, or as statistics or data"
            + " decide. The result loads where the source loads. Of an ONNX model the graph stays, and"
            + " tensors are cut.")
final class PruneCommand implements Callable<Integer> {
  /** How what stays makes up for what goes. */
  enum RepairKind {
    SCALAR,
    ROUTER
  }

  private static final int DEFAULT_REPAIR_TOKENS = 4096;

  @Mixin private CommonOptions common;

  @Mixin private ModelArgument model;

  @Mixin private CheckpointOutput output;

  @Option(names = "--plan", paramLabel = "plan.json", description = "A plan for this checkpoint.")
  private Optional<Path> planFile = Optional.empty();

  @Option(
      names = "--sibling",
      description =
          "The plan was made for another form of this model, as one that is not quantised: accept"
              + " it if type, layers and experts agree and the routers have the same values.")
  private boolean sibling;

  @Option(names = "--statistics", paramLabel = "DIR", description = "What analyze wrote.")
  private Optional<Path> statistics = Optional.empty();

  @Option(
      names = "--repair",
      paramLabel = "scalar|router",
      description =
          "Bring what each layer's experts add closest to what they added, on --data: scalar"
              + " multiplies their outputs by one factor, worth most where coefficients are not"
              + " renormalised; router fits the rows of the router anew.")
  private Optional<RepairKind> repair = Optional.empty();

  @Option(
      names = "--repair-tokens",
      paramLabel = "N",
      description = "Tokens of the data that the repair is fitted on (default: 4096).")
  private Optional<Integer> repairTokens = Optional.empty();

  @Option(
      names = "--dry-run",
      description = "Show sizes and where the result loads; write nothing.")
  private boolean dryRun;

  @ArgGroup(validate = false, heading = "%nThe decision, without a plan:%n")
  private DecisionOptions decision = new DecisionOptions();

  @ArgGroup(validate = false, heading = "%nWhat domains need, without a plan:%n")
  private TaskPackOptions packs = new TaskPackOptions();

  @ArgGroup(validate = false, heading = "%nData to decide by, without statistics:%n")
  private DataOptions data = new DataOptions();

  @ArgGroup(validate = false, heading = "%nRunning the model on data:%n")
  private RunOptions run = new RunOptions();

  @Override
  public Integer call() {
    Console console = common.console();
    if (OpenModel.isOnnx(model.path())) {
      refuseWithExport();
      return new ExportPruning(common, model, output, decision, planFile, statistics, dryRun)
          .run(console);
    }
    requireOneWay();
    Leftover leftover = output.leftover(common, dryRun);
    try (SourceModel source = model.open(console);
        WorkPool pool = new WorkPool(common.threads());
        InterruptionNote _ = InterruptionNote.about(output.folder(), console)) {
      output.prepare(console, source.files(), dryRun);
      SoundCheckpoint.require(source.architecture(), source.tensors());
      String where = planFile.map(Path::toString).orElse("the plan");
      Plan plan = repaired(where, plan(source, pool, console), source, pool, console);
      Pruner pruner = new Pruner(source, VersionText.version());
      OptionalLong shardBytes = output.shardBytes();
      if (dryRun) {
        PruneText.show(console, output.folder(), plan, pruner.preview(where, plan, shardBytes));
      } else {
        PruneResult result =
            pruner.prune(
                where,
                plan,
                shardBytes,
                output.folder(),
                leftover,
                console.progress().bytes("writing " + output.folder()));
        PruneText.show(console, result);
      }
    }
    return ExitCode.OK.value();
  }

  private void requireOneWay() {
    long ways =
        Stream.of(planFile.isPresent(), statistics.isPresent(), data.isGiven() && repair.isEmpty())
            .filter(given -> given)
            .count();
    if (ways > 1 || (ways == 0 && !data.isGiven() && !packs.isGiven())) {
      throw common.usage(
          "say what decides: one of --plan, --statistics and --data, or --task-pack");
    }
    requireRepairable();
    if (sibling && planFile.isEmpty()) {
      throw common.usage("--sibling has no effect without --plan");
    }
    data.refuseWithoutData(common);
    if (!data.isGiven()) {
      run.refuseWithoutData(common);
    }
    if (planFile.isPresent()) {
      decision.refuseWithPlan(common);
      packs.refuse(common, "with --plan: the plan has decided");
      return;
    }
    Deciding deciding = deciding();
    deciding.requireComplete();
    if (statistics.isEmpty()) {
      deciding.refuseBase();
    }
    if (statistics.isEmpty() && !data.isGiven()) {
      decision.refuseWithoutData(common);
      if (deciding.needs() == Needs.DATA) {
        throw common.usage(
            "this method needs data: name what analyze wrote with --statistics DIR, or --data");
      }
    }
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

  /** The plan with what makes up for what goes. */
  private Plan repaired(
      String where, Plan plan, SourceModel source, WorkPool pool, Console console) {
    if (repair.isEmpty()) {
      return plan;
    }
    PlanCheck.require(where, plan, source.architecture(), source.fingerprint());
    int tokens = repairTokens.orElse(DEFAULT_REPAIR_TOKENS);
    SequenceData sequences = sequences(source);
    OrtEngine engine = run.open(common);
    RunProgress progress = console.progress().steps();
    Repair fitted =
        switch (repair.get()) {
          case SCALAR -> ScalarRepair.fit(source, plan, sequences, tokens, engine, pool, progress);
          case ROUTER -> RouterRepair.fit(source, plan, sequences, tokens, engine, pool, progress);
        };
    console.note(
        String.format(
            Locale.ROOT,
            "repair: squared error of what experts add, mean over layers: %.4f became %.4f",
            fitted.meanErrorBefore(),
            fitted.meanErrorAfter()));
    return plan.repairedBy(fitted);
  }

  private SequenceData sequences(SourceModel source) {
    return data.read(common, source.tensors().folder(), ModelInput.of(source.architecture()));
  }

  private Plan plan(SourceModel source, WorkPool pool, Console console) {
    if (planFile.isPresent()) {
      Plan plan = PlanFile.read(planFile.get());
      Deciding.requireAction(planFile.get(), plan, Plan.PRUNE);
      return sibling ? SiblingPlan.of(planFile.get().toString(), plan, source) : plan;
    }
    String where = statistics.map(Path::toString).orElse("statistics over the data");
    Deciding deciding = deciding();
    deciding.requireReachable(source);
    Plan plan = deciding.plan(source, where, measured(source, pool, console));
    plan.warnings().forEach(console::warn);
    return plan;
  }

  private Deciding deciding() {
    return Deciding.removal(common, decision, packs);
  }

  private Statistics measured(SourceModel source, WorkPool pool, Console console) {
    if (statistics.isPresent()) {
      return Deciding.read(statistics.get(), source);
    }
    Measuring measuring = new Measuring(source, pool, console.progress().steps());
    if (!data.isGiven()) {
      return deciding().needs() == Needs.NOTHING
          ? Statistics.none(MeasuredModel.of(source.architecture(), source.fingerprint()))
          : measuring.weights();
    }
    OrtEngine engine = run.open(common);
    return measuring.weightsAnd(sequences(source), engine, deciding().sampleTokens());
  }

  /** Refuses what needs a checkpoint that can be run. */
  private void refuseWithExport() {
    if (data.isGiven() || repair.isPresent()) {
      throw common.usage(
          "an ONNX model is not run to decide: give --plan, --statistics about the checkpoint it was"
              + " made from, or a method that needs no data");
    }
    if (sibling) {
      throw common.usage(
          "--sibling has no effect on an ONNX model: it knows the checkpoint it was made from");
    }
    packs.refuse(common, "on an ONNX model: plan on the checkpoint it was made from");
    requireRepairable();
    data.refuseWithoutData(common);
    run.refuseWithoutData(common);
  }
}
