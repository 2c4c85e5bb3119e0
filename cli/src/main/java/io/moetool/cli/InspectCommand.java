package io.moetool.cli;

import io.moetool.analyzers.inspect.Inspection;
import io.moetool.analyzers.inspect.Inspector;
import io.moetool.analyzers.inspect.OnnxInspection;
import io.moetool.analyzers.inspect.OnnxInspector;
import io.moetool.analyzers.inspect.OutlineInspector;
import io.moetool.formats.checkpoint.ModelOutline;
import io.moetool.formats.exported.ExportedModel;
import io.moetool.formats.family.CheckpointStructure;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.evaluate.OpenModel;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Shows what a checkpoint is, from its headers. */
@Command(
    name = "inspect",
    mixinStandardHelpOptions = true,
    customSynopsis = "moetool inspect MODEL [OPTIONS]",
    description =
        "Show what a checkpoint is, from headers alone: layers, experts, sizes by role, element"
            + " types, active parameters, disagreements between config and tensors, and where a"
            + " checkpoint of this shape loads. A folder with config.json and no weights shows what"
            + " its checkpoint holds, compared with the index of its shards if that is there. Of an"
            + " ONNX model the graph says what experts there are.")
final class InspectCommand implements Callable<Integer> {
  @Mixin private CommonOptions common;

  @Mixin private ModelArgument model;

  @Override
  public Integer call() {
    Console console = common.console();
    return OpenModel.isOnnx(model.path()) ? ofOnnx(console) : ofCheckpoint(console);
  }

  private int ofOnnx(Console console) {
    try (ExportedModel exported = ExportedModel.open(model.path(), model.families())) {
      OnnxInspection inspection = new OnnxInspector(exported).inspect();
      OnnxInspectionText text = new OnnxInspectionText(model.path(), inspection, console.ink());
      console.result(FindingText.document(inspection, inspection.findings()), text::render);
    }
    return ExitCode.OK.value();
  }

  private int ofCheckpoint(Console console) {
    Inspection inspection =
        ModelOutline.of(model.path())
            .map(outline -> new OutlineInspector(outline, model.families()).inspect())
            .orElseGet(() -> ofWeights(console));
    InspectionText text = new InspectionText(model.path(), inspection, console.ink());
    console.result(FindingText.document(inspection, inspection.findings()), text::render);
    return ExitCode.OK.value();
  }

  private Inspection ofWeights(Console console) {
    try (SourceModel source = model.open(console)) {
      return new Inspector(source.architecture(), source.tensors())
          .inspect(
              source.fingerprint(),
              CheckpointStructure.check(source.architecture(), source.tensors()));
    }
  }
}
