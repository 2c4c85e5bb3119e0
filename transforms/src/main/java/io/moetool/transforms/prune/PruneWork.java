package io.moetool.transforms.prune;

import io.moetool.formats.BadInputException;
import io.moetool.formats.checkpoint.CheckpointContent;
import io.moetool.formats.checkpoint.CheckpointFiles;
import io.moetool.formats.checkpoint.Manifest.Origin;
import io.moetool.formats.json.Json;
import io.moetool.runtime.run.WorkPool;
import io.moetool.transforms.SoundCheckpoint;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.layout.ExpertsElsewhere;
import io.moetool.transforms.layout.MixedRows;
import io.moetool.transforms.layout.PlannedTensors;
import io.moetool.transforms.layout.PrunedConfig;
import io.moetool.transforms.layout.ScaledElements;
import io.moetool.transforms.merge.FittedProjections;
import io.moetool.transforms.merge.MergedTensors;
import io.moetool.transforms.plan.Plan;
import io.moetool.transforms.plan.PlanCheck;
import io.moetool.transforms.plan.Repair;
import java.util.Optional;
import java.util.OptionalLong;
import tools.jackson.databind.node.ObjectNode;

/** A plan that has passed all checks, spelled out as the content of the new folder. */
final class PruneWork {
  private final SourceModel source;
  private final Plan plan;
  private final PlannedTensors tensors;
  private final CheckpointContent content;

  private PruneWork(
      SourceModel source,
      Plan plan,
      OptionalLong shardBytes,
      String toolVersion,
      WorkPool pool,
      Optional<FittedProjections> fitted) {
    this.source = source;
    this.plan = plan;
    this.tensors = new MergedTensors(source, plan, pool, fitted).all();
    content =
        new CheckpointContent(
            tensors.shards(shardBytes),
            PrunedConfig.text(source, plan.expertsStored(), plan.places()),
            new ModelCard(source, plan, shardBytes, toolVersion).text(),
            CheckpointFiles.of(source.tensors().folder()));
  }

  /** Checks plan and source, then lays out the result; reads headers only. */
  static PruneWork prepare(
      SourceModel source,
      String where,
      Plan plan,
      OptionalLong shardBytes,
      String toolVersion,
      WorkPool pool,
      Optional<FittedProjections> fitted) {
    PlanCheck.require(where, plan, source.architecture(), source.fingerprint());
    requireCapable(source, where, plan, fitted);
    return new PruneWork(source, plan, shardBytes, toolVersion, pool, fitted);
  }

  /** Passes if what a sound plan asks for can be done to the source's tensors. */
  static void requireCapable(
      SourceModel source, String where, Plan plan, Optional<FittedProjections> fitted) {
    SoundCheckpoint.require(source.architecture(), source.tensors());
    if (plan.repair().filter(Repair::fitsProjections).isPresent() && fitted.isEmpty()) {
      throw new BadInputException(
          where,
          "it says that last projections were fitted on data (%s), and does not hold them"
              .formatted(plan.repair().orElseThrow().dataFingerprint()),
          "fit them again with --repair %s and --data, or remove the repair"
              .formatted(Repair.LEAST_SQUARES));
    }
    if (plan.repair().filter(r -> r.kind().equals(Repair.SCALAR)).isPresent()) {
      ScaledElements.require(source.architecture(), source.tensors());
    }
    if (plan.repair().filter(r -> r.kind().equals(Repair.ROUTER)).isPresent()) {
      MixedRows.require(source.architecture(), source.tensors());
    }
    ExpertsElsewhere.refuse(
        source.tensors().folder().toString(), source.architecture(), source.tensors());
  }

  PlannedTensors tensors() {
    return tensors;
  }

  CheckpointContent content() {
    return content;
  }

  PrunePreview preview() {
    return new PrunePreview(
        source.tensors().tensorBytes(),
        content.tensorBytes(),
        content.diskBytes(),
        plan.expertsBefore(),
        plan.expertsStored(),
        tensors.copied(),
        tensors.count() - tensors.copied(),
        source.tensors().names().size() - tensors.count(),
        content.shards().size());
  }

  ObjectNode planDocument() {
    return (ObjectNode) Json.tree(plan);
  }

  Origin originOf(String target) {
    return tensors.originOf(target);
  }
}
