package io.moetool.cli;

import io.moetool.formats.BadInputException;
import io.moetool.formats.exported.ExportedModel;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.evaluate.OpenModel;
import io.moetool.transforms.exported.RestoredCheckpoint;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** The checkpoint that a command is given. */
final class ModelArgument {
  @Parameters(
      index = "0",
      paramLabel = "MODEL",
      description =
          "Checkpoint folder, or a .safetensors file beside its config; where a command reads them, an"
              + " .onnx file or a folder with model.onnx, too.")
  private Path path = Path.of("");

  @Mixin private FamilyOption family;

  Path path() {
    return path;
  }

  /** The families as the user wants them taken. */
  FamilyCatalog families() {
    return family.catalog();
  }

  /**
   * Opens the checkpoint.
   *
   * @throws BadInputException if it is no checkpoint, or one that cannot be read
   */
  SourceModel open(Console console) {
    return open(path, families(), console);
  }

  /** Whether it is an ONNX model. */
  boolean isOnnx() {
    return OpenModel.isOnnx(path);
  }

  /**
   * Opens what a checkpoint or an ONNX model gives a command that reads checkpoints.
   *
   * @param about of an ONNX model, what has been measured or decided before names the model by;
   *     empty if nothing has
   * @throws BadInputException if it is neither, or an ONNX model of which no checkpoint can be made
   */
  SourceModel openAny(Optional<String> about, Console console) {
    if (!isOnnx()) {
      return open(console);
    }
    ExportedModel exported = ExportedModel.open(path, families());
    try {
      exported.findings().forEach(finding -> console.warn(finding.toString()));
      return RestoredCheckpoint.of(
          exported, about.map(exported::knownAs).orElseGet(exported.file()::fingerprint));
    } catch (RuntimeException e) {
      exported.close();
      throw e;
    }
  }

  /** As {@link #open(Console)}, of another checkpoint that a command is given. */
  static SourceModel open(Path path, FamilyCatalog families, Console console) {
    if (OpenModel.isOnnx(path)) {
      throw new BadInputException(
          path.toString(),
          "is an ONNX model, and this command reads checkpoints",
          "name the checkpoint it was made from (a Hugging Face folder or a .safetensors file)");
    }
    SourceModel source = SourceModel.open(path, families);
    source.tensors().warnings().forEach(console::warn);
    return source;
  }
}
