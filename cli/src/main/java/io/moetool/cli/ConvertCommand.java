package io.moetool.cli;

import io.moetool.runtime.graph.OperatorForm;
import io.moetool.runtime.ort.Device;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.WorkPool;
import io.moetool.transforms.SoundCheckpoint;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.convert.ConversionResult;
import io.moetool.transforms.convert.OnnxExport;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Writes a checkpoint in another form. */
@Command(
    name = "convert",
    mixinStandardHelpOptions = true,
    customSynopsis = "moetool convert MODEL -o OUT --to onnx [OPTIONS]",
    description =
        "Write a checkpoint as an ONNX model: the graph in one file, float32 weights beside it,"
            + " tokenizer files with it. The model is run against the checkpoint before it"
            + " appears.")
final class ConvertCommand implements Callable<Integer> {
  /** What a checkpoint can become. */
  enum Form {
    ONNX
  }

  @Mixin private CommonOptions common;

  @Mixin private ModelArgument model;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "OUT",
      required = true,
      description = "New folder, or a new file that ends in .onnx, with its data beside it.")
  private Path output = Path.of("");

  @Option(names = "--to", paramLabel = "onnx", required = true, description = "Form of the result.")
  private Form form = Form.ONNX;

  @Option(
      names = "--operators",
      paramLabel = "fused|standard",
      description =
          "Operators of the graph (default: fused): ONNX Runtime's own where they compute this"
              + " model exactly, or those of the ONNX standard alone.")
  private OperatorForm operators = OperatorForm.FUSED;

  @Option(names = "--dry-run", description = "Show sizes and write nothing.")
  private boolean dryRun;

  @Override
  public Integer call() {
    Console console = common.console();
    try (SourceModel source = model.open(console);
        WorkPool pool = new WorkPool(common.threads())) {
      SoundCheckpoint.require(source.architecture(), source.tensors());
      OnnxExport export =
          new OnnxExport(
              source, operators, VersionText.version(), OrtEngine.open(Device.CPU), pool);
      switch (form) {
        case ONNX -> {
          if (dryRun) {
            preview(console, export.preview());
          } else {
            write(console, export);
          }
        }
      }
    }
    return ExitCode.OK.value();
  }

  private void preview(Console console, OnnxExport.Preview preview) {
    console.result(
        preview,
        () ->
            "%s would hold %s in %d tensors (the checkpoint: %s). Nothing was written.\n"
                .formatted(
                    output,
                    Amounts.bytes(preview.bytesAfter()),
                    preview.tensors(),
                    Amounts.bytes(preview.bytesBefore())));
  }

  private void write(Console console, OnnxExport export) {
    ConversionResult result = export.write(output, console.progress().bytes("writing " + output));
    console.result(
        result,
        () ->
            "%s: %s in %s, %s operators; logits differ from the checkpoint's by at most %.2g\n"
                .formatted(
                    console.ink().bold(result.output()),
                    Amounts.bytes(result.bytesAfter()),
                    EvaluationText.seconds(result.seconds()),
                    result.operators(),
                    result.maxLogitDifference()));
  }
}
