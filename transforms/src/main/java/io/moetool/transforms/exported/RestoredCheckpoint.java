package io.moetool.transforms.exported;

import io.moetool.formats.BadInputException;
import io.moetool.formats.DType;
import io.moetool.formats.exported.ExportedModel;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.Finding;
import io.moetool.formats.family.TensorRole;
import io.moetool.formats.onnx.OnnxMoeLayer.Operator;
import io.moetool.formats.onnx.OnnxType;
import io.moetool.formats.quantisation.Unquantised;
import io.moetool.runtime.graph.ExportPrecision;
import io.moetool.runtime.graph.OperatorForm;
import io.moetool.transforms.SourceModel;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The checkpoint that an ONNX model stands for, if its config says which family it is of: what is
 * measured on it, decided about it and made of it is what a checkpoint's tensors would give.
 */
public final class RestoredCheckpoint {
  private RestoredCheckpoint() {}

  /**
   * Views a model as a checkpoint. Nothing is written, and no weight is read.
   *
   * @param model closed with the result
   * @param fingerprint names the result
   * @throws BadInputException if nothing beside the graph says how a checkpoint of it is laid out,
   *     or a tensor is not in the graph, in another shape, or as integers
   */
  public static SourceModel of(ExportedModel model, String fingerprint) {
    Architecture architecture = architecture(model);
    return new SourceModel(
        new RestoredTensors(model, new ExportedTensors(model, architecture).all()),
        model.config().orElseThrow(),
        architecture,
        fingerprint);
  }

  /**
   * The operators that experts are computed by in the graph.
   *
   * @param restored a result of {@link #of}
   */
  public static OperatorForm form(SourceModel restored) {
    if (!(restored.tensors() instanceof RestoredTensors tensors)) {
      throw new IllegalArgumentException("no ONNX model");
    }
    return tensors.model().layers().stream().anyMatch(layer -> layer.operator() == Operator.MOE)
        ? OperatorForm.FUSED
        : OperatorForm.STANDARD;
  }

  /** How matrices are stored: as the experts are. */
  public static ExportPrecision precision(SourceModel restored) {
    DType dtype =
        restored.tensors().names().stream()
            .filter(name ->
                restored
                    .architecture()
                    .names()
                    .place(name)
                    .filter(place ->
                        !place.bias() && place.role().group() == TensorRole.Group.ROUTED_EXPERTS)
                    .isPresent())
            .findFirst()
            .map(name -> restored.tensors().info(name).dtype())
            .orElse(DType.F32);
    OnnxType type =
        switch (dtype) {
          case F16 -> OnnxType.FLOAT16;
          case BF16 -> OnnxType.BFLOAT16;
          default -> OnnxType.FLOAT;
        };
    return new ExportPrecision(type, Optional.empty(), Map.of());
  }

  /**
   * What the config beside a graph says, if a checkpoint can have what the graph has.
   *
   * @throws BadInputException otherwise
   */
  static Architecture architecture(ExportedModel model) {
    Architecture architecture = model.architecture().orElseThrow(() -> unknown(model));
    if (model.isUneven() || model.mapsRows()) {
      throw new BadInputException(
          model.file().path().toString(),
          model.isUneven()
              ? "layers have different numbers of experts, and a checkpoint has one for all"
              : "rows of routers share experts, and in a checkpoint each has its own",
          "use the checkpoint it was made from");
    }
    if (!(architecture.names().quantisation() instanceof Unquantised)) {
      throw new BadInputException(
          model.config().orElseThrow().where(),
          "it says weights are quantised (%s), those of the graph are not"
              .formatted(architecture.names().quantisation().key()),
          "use the checkpoint it was made from");
    }
    return architecture;
  }

  private static BadInputException unknown(ExportedModel model) {
    String findings =
        model.findings().stream().map(Finding::toString).collect(Collectors.joining("; "));
    return new BadInputException(
        model.file().path().toString(),
        findings.isEmpty()
            ? "there is no config.json beside it that says how a checkpoint is laid out"
            : "what a checkpoint of it looks like is not known: " + findings,
        "put the config.json of the checkpoint it was made from beside it");
  }
}
