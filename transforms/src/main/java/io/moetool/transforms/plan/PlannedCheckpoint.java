package io.moetool.transforms.plan;

import io.moetool.analyzers.inspect.LoadMatrix;
import io.moetool.analyzers.inspect.Loading;
import io.moetool.formats.TensorStore;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.MoeBlock;
import io.moetool.transforms.layout.DeadSlots;
import io.moetool.transforms.layout.ExpertPlaces;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A checkpoint to plan for; only names and sizes of its tensors, and its routers, are looked at.
 */
final class PlannedCheckpoint implements PlannedModel {
  private final Architecture architecture;
  private final TensorStore tensors;
  private final String fingerprint;
  private final ResultForm form;
  private @Nullable SizeByCount sizes;

  PlannedCheckpoint(
      Architecture architecture, TensorStore tensors, String fingerprint, ResultForm form) {
    this.architecture = architecture;
    this.tensors = tensors;
    this.fingerprint = fingerprint;
    this.form = form;
  }

  @Override
  public String fingerprint() {
    return fingerprint;
  }

  @Override
  public String modelType() {
    return architecture.modelType();
  }

  @Override
  public Optional<String> routers() {
    return RouterValues.hash(architecture, tensors);
  }

  @Override
  public MoeBlock moe() {
    return architecture.moe();
  }

  @Override
  public void requireUneven(String where) {
    if (form == ResultForm.SAFETENSORS) {
      DeadSlots.require(where, architecture);
    }
  }

  @Override
  public boolean fillsPlaces() {
    return form == ResultForm.SAFETENSORS;
  }

  @Override
  public long bytes(int kept) {
    return sizes().bytes(kept);
  }

  @Override
  public long activeParameters(int kept) {
    return sizes().activeParameters(kept);
  }

  /** Sizes of all tensors are added up once, and only for targets that ask for them. */
  private SizeByCount sizes() {
    SizeByCount known = sizes;
    if (known == null) {
      known = new SizeByCount(architecture, tensors);
      sizes = known;
    }
    return known;
  }

  @Override
  public Plan.Forecast forecast(ExpertPlaces places) {
    return PlanForecast.of(architecture, tensors, places);
  }

  @Override
  public List<Loading> loading(int expertsStored) {
    return form == ResultForm.ONNX
        ? ResultForm.ONNX_RUNTIME
        : LoadMatrix.of(architecture, true, expertsStored);
  }

  @Override
  public List<String> warnings(int expertsStored) {
    List<String> warnings = new ArrayList<>(PlanWarnings.ofAssumption(architecture));
    warnings.addAll(PlanWarnings.ofTail(architecture, tensors, expertsStored));
    return warnings;
  }
}
