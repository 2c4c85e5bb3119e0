package io.moetool.transforms.prune;

import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.family.ModelConfig;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.WorkPool;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.evaluate.OpenModel;
import io.moetool.transforms.layout.PlannedStore;
import io.moetool.transforms.plan.Plan;
import java.util.Optional;
import java.util.OptionalLong;

/** Runs what a plan would make of a checkpoint, without writing it. */
public final class UnwrittenModel {
  private UnwrittenModel() {}

  /**
   * The model that {@link Pruner#prune} would write, weight for weight; or one that computes the
   * same, if the plan can only become an ONNX model.
   *
   * @param source stays open while the model is used, and is not closed by it
   * @param where names the plan in messages
   * @param pool also computes merged experts
   * @throws io.moetool.formats.BadInputException as {@link Pruner#prune}
   */
  public static OpenModel open(
      SourceModel source,
      String where,
      Plan plan,
      FamilyCatalog families,
      OrtEngine engine,
      WorkPool pool) {
    if (plan.needsOnnx()) {
      UnevenModel uneven = UnevenModel.of(source, where, plan, pool);
      long bytes =
          uneven.tensors().names().stream()
              .mapToLong(name -> uneven.tensors().info(name).byteSize())
              .sum();
      return OpenModel.masked(
          uneven.twin(),
          source.architecture(),
          uneven.mask(),
          bytes,
          source.tensors().folder(),
          engine,
          pool);
    }
    PruneWork work =
        PruneWork.prepare(source, where, plan, OptionalLong.empty(), "", pool, Optional.empty());
    PlannedStore store = new PlannedStore(source.tensors(), work.tensors());
    Architecture architecture =
        families.resolve(ModelConfig.parse(where, work.content().configJson()), store);
    return OpenModel.of(store, architecture, source.tensors().folder(), engine, pool);
  }
}
