package io.moetool.cli;

import io.moetool.formats.exported.ExportedModel;
import io.moetool.runtime.run.WorkPool;
import io.moetool.transforms.exported.ExportPruner;
import io.moetool.transforms.exported.PlannedExport;
import io.moetool.transforms.plan.Plan;
import io.moetool.transforms.plan.PlanFile;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Pruning of an ONNX model, as the options of the command ask.
 *
 * @param planFile a plan for the model, or for the checkpoint it was made from
 * @param statistics what analyze wrote about that checkpoint
 */
record ExportPruning(
    CommonOptions common,
    ModelArgument model,
    CheckpointOutput output,
    DecisionOptions decision,
    Optional<Path> planFile,
    Optional<Path> statistics,
    boolean dryRun) {
  int run(Console console) {
    if (planFile.isPresent() && statistics.isPresent()) {
      throw common.usage("say what decides: --plan, --statistics, or a method");
    }
    if (output.shardBytes().isPresent()) {
      throw common.usage("--shard-size has no effect on an ONNX model: its data are one file");
    }
    if (planFile.isPresent()) {
      decision.refuseWithPlan(common);
    } else {
      decision.requireMethod(common);
      ExportDeciding.requireComplete(common, decision, statistics.isPresent());
    }
    output.leftover(common, dryRun);
    try (ExportedModel source = ExportedModel.open(model.path(), model.families());
        WorkPool pool = new WorkPool(common.threads());
        InterruptionNote _ = InterruptionNote.about(output.folder(), console)) {
      source.findings().forEach(finding -> console.warn(finding.toString()));
      output.prepare(console, source.file().files(), dryRun);
      PlannedExport planned = PlannedExport.of(source);
      String where = planFile.map(Path::toString).orElse("the plan");
      Plan plan = plan(source, planned, pool, console);
      ExportPruner pruner = new ExportPruner(source, planned, VersionText.version());
      if (dryRun) {
        PruneText.show(console, output.folder(), plan, pruner.preview(where, plan));
      } else {
        PruneText.show(
            console,
            pruner.prune(
                where,
                plan,
                output.folder(),
                output.leftover(common, dryRun),
                console.progress().bytes("writing " + output.folder())));
      }
    }
    return ExitCode.OK.value();
  }

  private Plan plan(ExportedModel source, PlannedExport planned, WorkPool pool, Console console) {
    if (planFile.isPresent()) {
      Plan plan = PlanFile.read(planFile.get());
      Deciding.requireAction(planFile.get(), plan, Plan.PRUNE);
      return planned.adopt(plan);
    }
    Plan plan =
        new ExportDeciding(common, decision, source, planned).decided(statistics, pool, console);
    plan.warnings().forEach(console::warn);
    return plan;
  }
}
