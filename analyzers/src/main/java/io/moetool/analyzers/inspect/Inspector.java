package io.moetool.analyzers.inspect;

import io.moetool.formats.DType;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorStore;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.Finding;
import io.moetool.formats.family.MoeBlock;
import io.moetool.formats.family.TensorPlace;
import io.moetool.formats.family.TensorRole;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Adds up what the headers of a checkpoint say. */
public final class Inspector {
  private final Architecture architecture;
  private final TensorStore tensors;

  /**
   * An inspector for one checkpoint.
   *
   * @param architecture what its config says
   * @param tensors its tensors; only types and shapes are looked at
   */
  public Inspector(Architecture architecture, TensorStore tensors) {
    this.architecture = architecture;
    this.tensors = tensors;
  }

  /**
   * The checkpoint from its headers.
   *
   * @param fingerprint names it
   * @param findings where config and tensors disagree
   */
  public Inspection inspect(String fingerprint, List<Finding> findings) {
    HeldParameters heldParameters = new HeldParameters(architecture, tensors);
    long parameters = 0;
    long routed = 0;
    long bytes = 0;
    Map<TensorRole.Group, Long> byGroup = new EnumMap<>(TensorRole.Group.class);
    Map<DType, Long> byType = new EnumMap<>(DType.class);
    for (String name : tensors.names()) {
      TensorInfo info = tensors.info(name);
      long elements = info.shape().elements();
      long held = heldParameters.of(info);
      parameters = Math.addExact(parameters, held);
      bytes = Math.addExact(bytes, info.byteSize());
      TensorRole.Group group = group(name);
      if (group == TensorRole.Group.ROUTED_EXPERTS) {
        routed += held;
      }
      byGroup.merge(group, info.byteSize(), Math::addExact);
      byType.merge(info.dtype(), elements, Math::addExact);
    }
    Map<String, Long> bytesByRole = new LinkedHashMap<>();
    byGroup.forEach((group, size) -> bytesByRole.put(group.key(), size));
    Map<String, Long> dtypes = new LinkedHashMap<>();
    byType.forEach((type, elements) -> dtypes.put(type.name(), elements));
    MoeBlock moe = architecture.moe();
    return new Inspection(
        architecture.modelType(),
        architecture.family(),
        architecture.names().quantisation().key(),
        architecture.layers(),
        moe.layers().size(),
        moe.experts(),
        moe.routing().expertsPerToken(),
        moe.shared().map(MoeBlock.SharedExpert::count).orElse(0),
        architecture.hidden(),
        architecture.vocabulary(),
        architecture.maxPositions(),
        parameters,
        parameters - routed + routed / moe.experts() * moe.routing().expertsPerToken(),
        bytes,
        bytesByRole,
        dtypes,
        tensors.names().size(),
        fingerprint,
        "headers",
        findings,
        LoadMatrix.of(architecture, findings.stream().noneMatch(Finding::isError), moe.experts()));
  }

  private TensorRole.Group group(String name) {
    return architecture
        .names()
        .place(name)
        .map(TensorPlace::role)
        .map(TensorRole::group)
        .orElse(TensorRole.Group.OTHER);
  }
}
