package io.moetool.transforms.exported;

import io.moetool.formats.BadInputException;
import io.moetool.formats.OutputTensor;
import io.moetool.formats.checkpoint.CheckpointContent;
import io.moetool.formats.checkpoint.CheckpointFiles;
import io.moetool.formats.checkpoint.CheckpointWriter;
import io.moetool.formats.checkpoint.FrontMatter;
import io.moetool.formats.checkpoint.Manifest;
import io.moetool.formats.checkpoint.ShardPacking;
import io.moetool.formats.exported.ExportedModel;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.json.Json;
import io.moetool.formats.publish.Leftover;
import io.moetool.formats.publish.WriteProgress;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Makes a Hugging Face folder of an ONNX model whose config says which family it is of. */
public final class CheckpointRestore {
  private static final double NANOS = 1e9;

  /** As other tools split weights. */
  private static final long SHARD_BYTES = 5_000_000_000L;

  private final ExportedModel model;
  private final Architecture architecture;
  private final String toolVersion;

  /**
   * A conversion of one model.
   *
   * @param model stays open while this is used, and is not closed by it
   * @param toolVersion names the tool in the manifest
   * @throws BadInputException if nothing beside the graph says how a checkpoint of it is laid out
   */
  public CheckpointRestore(ExportedModel model, String toolVersion) {
    this.model = model;
    this.architecture = RestoredCheckpoint.architecture(model);
    this.toolVersion = toolVersion;
  }

  /**
   * What was done. Components are the keys of the JSON document.
   *
   * @param output the new folder
   * @param bytesBefore bytes of all tensors in the ONNX model
   * @param bytesAfter bytes of all tensors in the result
   * @param expertsBefore routed experts per layer in the ONNX model
   * @param expertsAfter routed experts per layer in the result
   * @param tensorsCopied tensors that hold the elements of one initializer
   * @param tensorsChanged tensors taken out of stacks of experts
   * @param seconds time it took
   */
  public record Result(
      String output,
      long bytesBefore,
      long bytesAfter,
      int expertsBefore,
      int expertsAfter,
      int tensorsCopied,
      int tensorsChanged,
      double seconds) {}

  /**
   * Writes the folder.
   *
   * @param output a folder that does not exist yet
   * @throws BadInputException if a tensor is not in the graph, or {@code output} exists
   * @throws io.moetool.formats.EnvironmentException if the disk has no room or refuses
   */
  public Result write(Path output, WriteProgress progress) {
    long start = System.nanoTime();
    ExportedTensors found = new ExportedTensors(model, architecture);
    List<OutputTensor> tensors = found.all();
    CheckpointContent content =
        new CheckpointContent(
            ShardPacking.greedy(tensors, SHARD_BYTES),
            model.config().orElseThrow().text(),
            card(),
            CheckpointFiles.of(model.file().folder()));
    String fingerprint = model.file().fingerprint();
    CheckpointWriter.write(
        output,
        List.of(model.file().folder()),
        Leftover.REFUSE,
        content,
        files ->
            Manifest.of(
                Manifest.Tool.current(toolVersion),
                new Manifest.Source(fingerprint, architecture.modelType(), Optional.empty()),
                Json.object().put("action", "convert").put("to", "safetensors"),
                files,
                name -> Manifest.Origin.madeFrom(found.sources(name))),
        progress);
    int experts = architecture.moe().experts();
    return new Result(
        output.toString(),
        model.file().tensorBytes(),
        content.tensorBytes(),
        experts,
        experts,
        found.copied(),
        tensors.size() - found.copied(),
        (System.nanoTime() - start) / NANOS);
  }

  private String card() {
    return FrontMatter.ofModel(model.file().folder()).with("tags", List.of("moe", "moetool")).text()
        + """

        # A %s model with %d experts per layer

        Made from an ONNX model with moetool %s: the weights have the bytes they have there.
        """
            .formatted(architecture.modelType(), architecture.moe().experts(), toolVersion);
  }
}
