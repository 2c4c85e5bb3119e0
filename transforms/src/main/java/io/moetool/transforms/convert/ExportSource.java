package io.moetool.transforms.convert;

import io.moetool.formats.BadInputException;
import io.moetool.formats.TensorStore;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.family.ModelConfig;
import io.moetool.runtime.graph.HeldExperts;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.CheckpointModel;
import io.moetool.runtime.run.ExpertMask;
import io.moetool.runtime.run.LanguageModel;
import io.moetool.runtime.run.WorkPool;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.layout.PlannedTensor;
import io.moetool.transforms.plan.Plan;
import io.moetool.transforms.prune.UnevenModel;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What becomes an ONNX model: a checkpoint, or what a plan makes of one, which is carried out while
 * it is written.
 */
public final class ExportSource {
  private final SourceModel source;
  private final Architecture architecture;
  private final Optional<Plan> plan;
  private final Optional<UnevenModel> planned;

  private ExportSource(
      SourceModel source,
      Architecture architecture,
      Optional<Plan> plan,
      Optional<UnevenModel> planned) {
    this.source = source;
    this.architecture = architecture;
    this.plan = plan;
    this.planned = planned;
  }

  /**
   * A checkpoint as it is.
   *
   * @param source stays open while this is used, and is not closed by it
   */
  public static ExportSource of(SourceModel source) {
    return new ExportSource(source, source.architecture(), Optional.empty(), Optional.empty());
  }

  /**
   * What a plan makes of a checkpoint.
   *
   * @param source stays open while this is used, and is not closed by it
   * @param where names the plan in messages
   * @param pool computes merged experts
   * @throws BadInputException if the plan is not for this source or cannot be carried out
   */
  public static ExportSource planned(
      SourceModel source, String where, Plan plan, FamilyCatalog families, WorkPool pool) {
    UnevenModel planned = UnevenModel.of(source, where, plan, pool);
    return new ExportSource(
        source,
        families.resolve(ModelConfig.parse(where, planned.config()), planned.tensors()),
        Optional.of(plan),
        Optional.of(planned));
  }

  /** The checkpoint. */
  SourceModel checkpoint() {
    return source;
  }

  /** What is exported, with as many experts as the routers have rows, or less. */
  Architecture architecture() {
    return architecture;
  }

  /** The weights. */
  TensorStore tensors() {
    return planned.<TensorStore>map(UnevenModel::tensors).orElse(source.tensors());
  }

  /** How many experts each layer has. */
  HeldExperts experts() {
    return planned.map(UnevenModel::experts).orElseGet(() -> HeldExperts.of(architecture));
  }

  /** What is carried out. */
  Optional<Plan> plan() {
    return plan;
  }

  /** The text that goes beside the graph. */
  String config() {
    return planned.map(UnevenModel::config).orElse(source.config().text());
  }

  /** The model that the graph has to compute. */
  LanguageModel reference(OrtEngine engine, WorkPool pool) {
    return new CheckpointModel(
        planned.<TensorStore>map(UnevenModel::twin).orElse(source.tensors()),
        source.architecture(),
        engine,
        pool,
        planned.map(UnevenModel::mask).orElse(ExpertMask.NONE));
  }

  /** Names of the checkpoint's tensors that a tensor of {@link #tensors} is made from. */
  List<String> origins(String tensor) {
    return planned
        .map(model -> Objects.requireNonNull(model.planned().byName().get(tensor)))
        .map(PlannedTensor::sources)
        .orElse(List.of(tensor));
  }

  /**
   * The number that an expert of the checkpoint has in the export.
   *
   * @param where names what asks for it, for messages
   * @throws BadInputException if it is not kept
   */
  public int place(String where, int layer, int expert) {
    if (plan.isEmpty()) {
      return expert;
    }
    List<Integer> stored =
        Objects.requireNonNull(plan.get().livePlaces().stored().get(layer), "layer");
    int place = stored.indexOf(expert);
    if (place < 0) {
      throw new BadInputException(
          where,
          "it names expert %d of layer %d, which the plan does not keep".formatted(expert, layer),
          "take it off the list, or keep it");
    }
    return place;
  }
}
