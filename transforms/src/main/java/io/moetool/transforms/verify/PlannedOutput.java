package io.moetool.transforms.verify;

import io.moetool.formats.BadInputException;
import io.moetool.formats.checkpoint.Manifest;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.runtime.run.WorkPool;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.compress.CompressPlan;
import io.moetool.transforms.layout.PlannedTensor;
import io.moetool.transforms.layout.PrunedConfig;
import io.moetool.transforms.merge.MergedTensors;
import io.moetool.transforms.plan.Plan;
import io.moetool.transforms.plan.PlanCheck;
import io.moetool.transforms.plan.PlanFile;
import java.util.Map;
import java.util.Optional;

/**
 * What the plan in a manifest makes of a source.
 *
 * @param tensors by name
 * @param config text of {@code config.json}
 */
record PlannedOutput(Map<String, PlannedTensor> tensors, String config) {
  private static final String WHERE = Manifest.FILE + ", plan";

  PlannedOutput {
    tensors = Map.copyOf(tensors);
  }

  /**
   * Carries a plan out in thought; bytes are made when they are asked for.
   *
   * @return empty if the output was not made by a plan
   * @throws BadInputException if the plan cannot be read or is not for this source
   */
  static Optional<PlannedOutput> of(
      Manifest manifest, SourceModel source, FamilyCatalog families, WorkPool pool) {
    String text = manifest.plan().toString();
    return switch (manifest.plan().path("action").asString("")) {
      case Plan.PRUNE, Plan.MERGE ->
          Optional.of(withFewerExperts(PlanFile.parse(WHERE, text), source, pool));
      case CompressPlan.COMPRESS ->
          Optional.of(compressed(CompressPlan.parse(WHERE, text), source, families));
      default -> Optional.empty();
    };
  }

  private static PlannedOutput withFewerExperts(Plan plan, SourceModel source, WorkPool pool) {
    PlanCheck.require(WHERE, plan, source.architecture(), source.fingerprint());
    return new PlannedOutput(
        new MergedTensors(source, plan, pool, Optional.empty()).all().byName(),
        PrunedConfig.text(source, plan.expertsStored(), plan.places()));
  }

  private static PlannedOutput compressed(
      CompressPlan plan, SourceModel source, FamilyCatalog families) {
    plan.require(WHERE, source, families);
    return new PlannedOutput(plan.tensors(source).byName(), plan.config(source, families));
  }
}
