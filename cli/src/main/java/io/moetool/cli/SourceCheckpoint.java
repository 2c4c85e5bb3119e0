package io.moetool.cli;

import io.moetool.formats.BadInputException;
import io.moetool.formats.checkpoint.CheckpointStore;
import io.moetool.formats.checkpoint.Fingerprint;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.CheckpointStructure;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.family.Finding;
import io.moetool.formats.family.ModelConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** A checkpoint that a command was given: its config, what the config means, and its tensors. */
final class SourceCheckpoint implements AutoCloseable {
  private static final int MOST_FINDINGS_IN_MESSAGE = 10;

  private final Path path;
  private final ModelConfig config;
  private final Architecture architecture;
  private final CheckpointStore tensors;

  private SourceCheckpoint(
      Path path, ModelConfig config, Architecture architecture, CheckpointStore tensors) {
    this.path = path;
    this.config = config;
    this.architecture = architecture;
    this.tensors = tensors;
  }

  /**
   * Opens what {@code MODEL} names.
   *
   * @param command what is to be done with it, for the message to somebody who names an ONNX model
   * @throws BadInputException if it is no checkpoint, or one that cannot be read
   */
  static SourceCheckpoint open(Path model, String command, Console console) {
    if (isOnnx(model)) {
      throw new BadInputException(
          model.toString(),
          "is an ONNX model; %s reads checkpoints".formatted(command),
          "name the checkpoint it was converted from (a Hugging Face folder or a .safetensors"
              + " file)");
    }
    CheckpointStore tensors = CheckpointStore.open(model);
    try {
      ModelConfig config = ModelConfig.read(tensors.configFile());
      Architecture architecture = FamilyCatalog.builtIn().resolve(config);
      tensors.warnings().forEach(console::warn);
      return new SourceCheckpoint(model, config, architecture, tensors);
    } catch (RuntimeException e) {
      tensors.close();
      throw e;
    }
  }

  /**
   * Whether a path names an ONNX model: a {@code .onnx} file, or a folder that holds model.onnx.
   */
  static boolean isOnnx(Path model) {
    return Files.isDirectory(model)
        ? Files.isRegularFile(model.resolve("model.onnx"))
            && !Files.exists(model.resolve("model.safetensors"))
            && !Files.exists(model.resolve("model.safetensors.index.json"))
        : model.toString().endsWith(".onnx");
  }

  Path path() {
    return path;
  }

  ModelConfig config() {
    return config;
  }

  Architecture architecture() {
    return architecture;
  }

  CheckpointStore tensors() {
    return tensors;
  }

  /** Names this checkpoint; reads a sample of every tensor. */
  String fingerprint() {
    return Fingerprint.of(config.root(), tensors);
  }

  /** Where config and tensors disagree. */
  List<Finding> findings() {
    return CheckpointStructure.check(architecture, tensors);
  }

  /**
   * This checkpoint, if its tensors are what its config asks for.
   *
   * @throws BadInputException otherwise, with all that is wrong
   */
  SourceCheckpoint requireSound() {
    List<Finding> errors = findings().stream().filter(Finding::isError).toList();
    if (errors.isEmpty()) {
      return this;
    }
    String list =
        errors.stream()
            .limit(MOST_FINDINGS_IN_MESSAGE)
            .map(finding -> "\n  - " + finding)
            .collect(Collectors.joining());
    int more = errors.size() - MOST_FINDINGS_IN_MESSAGE;
    throw new BadInputException(
        path.toString(),
        "tensors and config.json disagree:"
            + list
            + (more > 0 ? "\n  - and %d more".formatted(more) : ""),
        "use the config.json the weights were published with, or download the weights again");
  }

  @Override
  public void close() {
    tensors.close();
  }
}
