package io.moetool.transforms.convert;

import io.moetool.formats.BadInputException;
import io.moetool.formats.EnvironmentException;
import io.moetool.formats.checkpoint.CheckpointFiles;
import io.moetool.formats.checkpoint.CopiedFile;
import io.moetool.formats.checkpoint.Manifest;
import io.moetool.formats.json.Json;
import io.moetool.formats.onnx.OnnxDataWriter;
import io.moetool.formats.onnx.OnnxType;
import io.moetool.formats.publish.DiskSpace;
import io.moetool.formats.publish.OutputTarget;
import io.moetool.formats.publish.Sha256;
import io.moetool.formats.publish.StagedFolder;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.formats.publish.WrittenFile;
import io.moetool.runtime.graph.DecoderModel;
import io.moetool.runtime.graph.ExpertIntegers;
import io.moetool.runtime.graph.ExportPrecision;
import io.moetool.runtime.graph.ExternalData;
import io.moetool.runtime.graph.OperatorForm;
import io.moetool.runtime.graph.StoredContent;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.DecodableWeights;
import io.moetool.runtime.run.WorkPool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * Writes a checkpoint as an ONNX model: the graph in one file, all weights in another beside it.
 * The result is run against its source before it appears.
 */
public final class OnnxExport {
  /** Name of the model in an output folder. */
  public static final String MODEL_FILE = "model.onnx";

  private static final String DATA_ENDING = ".data";

  private final ExportSource source;
  private final OperatorForm form;
  private final ExportPrecision precision;
  private final String toolVersion;
  private final OrtEngine engine;
  private final WorkPool pool;

  /** An export of one checkpoint, or of what a plan makes of it. */
  public OnnxExport(
      ExportSource source,
      OperatorForm form,
      ExportPrecision precision,
      String toolVersion,
      OrtEngine engine,
      WorkPool pool) {
    this.source = source;
    this.form = form;
    this.precision = precision;
    this.toolVersion = toolVersion;
    this.engine = engine;
    this.pool = pool;
  }

  /**
   * Size of the result.
   *
   * @param bytesBefore bytes of all tensors in the source
   * @param bytesAfter bytes of the result's data file
   * @param tensors number of tensors in it
   */
  public record Preview(long bytesBefore, long bytesAfter, int tensors) {}

  /** What {@link #write} would write. */
  public Preview preview() {
    ExternalData data = build(MODEL_FILE + DATA_ENDING).data();
    return new Preview(
        source.checkpoint().tensors().tensorBytes(), data.byteSize(), data.tensors().size());
  }

  /**
   * Writes the model.
   *
   * @param output a folder that does not exist yet; or a file that ends in {@code .onnx} and does
   *     not exist
   * @throws BadInputException if the output exists or lies in the source
   * @throws EnvironmentException if the disk has no room or refuses
   */
  public ConversionResult write(Path output, WriteProgress progress) {
    long start = System.nanoTime();
    boolean single = single(output);
    String modelName = single ? output.getFileName().toString() : MODEL_FILE;
    List<Path> sources = List.of(source.checkpoint().tensors().folder());
    OutputTarget.check(output, sources);
    if (single) {
      OutputTarget.check(dataBeside(output), sources);
    }
    DecoderModel.Exported exported = build(modelName + DATA_ENDING);
    DiskSpace.require(output, exported.data().byteSize() + exported.model().length);
    Path staging = single ? output.resolveSibling("." + modelName + ".export") : output;
    try (StagedFolder staged = StagedFolder.create(staging, sources)) {
      ExportContent content = new ExportContent(source);
      List<WrittenFile> written = new ArrayList<>();
      written.add(
          OnnxDataWriter.write(
              staged.path().resolve(modelName + DATA_ENDING),
              exported.data().tensors().stream()
                  .map(tensor ->
                      new OnnxDataWriter.Placed(
                          tensor.name(), tensor.offset(), tensor.byteSize(), content.of(tensor)))
                  .toList(),
              progress));
      Path model = staged.path().resolve(modelName);
      Files.write(model, exported.model());
      written.add(file(model));
      ExportCheck.Differences differences = ExportCheck.run(source, model, isExact(), engine, pool);
      if (single) {
        Files.move(dataBeside(model), dataBeside(output), StandardCopyOption.ATOMIC_MOVE);
        Files.move(model, output, StandardCopyOption.ATOMIC_MOVE);
      } else {
        addCompanions(staged.path(), exported.data(), written);
        staged.commit();
      }
      return result(
          output,
          exported.data(),
          differences,
          content.quantisationError(),
          (System.nanoTime() - start) / 1e9);
    } catch (IOException e) {
      throw new EnvironmentException(
          output.toString(), "cannot be written: " + e, "check the disk and run again", e);
    }
  }

  private DecoderModel.Exported build(String dataFile) {
    DecodableWeights.require(source.architecture(), source.tensors());
    return DecoderModel.build(
        source.architecture(),
        source.experts(),
        source.tensors(),
        form,
        precision,
        dataFile,
        toolVersion,
        source.plan().isEmpty()
            ? Optional.of(source.checkpoint().fingerprint())
            : Optional.empty());
  }

  /** Whether every weight keeps its value. */
  private boolean isExact() {
    return precision.experts().isEmpty()
        && (precision.weights() == OnnxType.FLOAT
            || source.tensors().names().stream()
                .allMatch(
                    name -> source.tensors().info(name).dtype() == precision.weights().dtype()));
  }

  /** Tokenizer files, configs and manifest. */
  private void addCompanions(Path folder, ExternalData data, List<WrittenFile> written)
      throws IOException {
    for (CopiedFile copied : CheckpointFiles.of(source.checkpoint().tensors().folder())) {
      Path target = folder.resolve(copied.name());
      Files.createDirectories(target.getParent());
      Files.write(target, Files.readAllBytes(copied.source()));
      written.add(file(target));
    }
    if (GenaiConfig.obstacle(source.architecture()).isEmpty()) {
      Path genai = folder.resolve(GenaiConfig.FILE);
      Files.writeString(genai, Json.write(GenaiConfig.of(source.checkpoint(), MODEL_FILE)));
      written.add(file(genai));
    }
    Path config = folder.resolve("config.json");
    Files.writeString(config, source.config());
    written.add(file(config));
    Files.writeString(folder.resolve(Manifest.FILE), manifest(data, written).toJson());
  }

  private Manifest manifest(ExternalData data, List<WrittenFile> written) {
    ExportContent content = new ExportContent(source);
    Map<String, StoredContent> contents = new LinkedHashMap<>();
    data.tensors().forEach(tensor -> contents.put(tensor.name(), tensor.content()));
    return Manifest.of(
        Manifest.Tool.current(toolVersion),
        source.checkpoint().inManifest(),
        Json.object()
            .put("action", "convert")
            .put("to", "onnx")
            .put("operators", form.key())
            .put("dtype", dtype())
            .put("experts", experts())
            .setAll(plan()),
        written,
        name ->
            Manifest.Origin.madeFrom(content.sources(Objects.requireNonNull(contents.get(name)))));
  }

  /** What is carried out on the way, if something is. */
  private Map<String, JsonNode> plan() {
    return source
        .plan()
        .<Map<String, JsonNode>>map(p -> Map.of("plan", Json.tree(p)))
        .orElse(Map.of());
  }

  private ConversionResult result(
      Path output,
      ExternalData data,
      ExportCheck.Differences differences,
      QuantisationError quantisation,
      double seconds) {
    int copied =
        (int)
            data.tensors().stream()
                .filter(tensor -> tensor.content() instanceof StoredContent.Tensor)
                .count();
    return new ConversionResult(
        output.toString(),
        source.checkpoint().tensors().tensorBytes(),
        data.tensors().stream().mapToLong(ExternalData.Placed::byteSize).sum(),
        source.checkpoint().architecture().moe().experts(),
        source.experts().most(),
        copied,
        data.tensors().size() - copied,
        seconds,
        form.key(),
        differences.most(),
        dtype(),
        experts(),
        differences.relative(),
        quantisation.relative(),
        single(output)
            ? Optional.of("the output is a file")
            : GenaiConfig.obstacle(source.architecture()));
  }

  private String dtype() {
    return precision.weights() == OnnxType.FLOAT
        ? "float32"
        : precision.weights().name().toLowerCase(Locale.ROOT);
  }

  private String experts() {
    return precision.experts().map(ExpertIntegers::key).orElse(dtype());
  }

  private static WrittenFile file(Path file) throws IOException {
    return new WrittenFile(
        file.getFileName().toString(), Files.size(file), Sha256.of(file), Map.of());
  }

  private static boolean single(Path output) {
    return output.toString().endsWith(".onnx");
  }

  private static Path dataBeside(Path model) {
    return model.resolveSibling(model.getFileName() + DATA_ENDING);
  }
}
