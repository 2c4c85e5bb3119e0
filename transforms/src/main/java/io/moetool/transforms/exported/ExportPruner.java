package io.moetool.transforms.exported;

import io.moetool.formats.BadInputException;
import io.moetool.formats.EnvironmentException;
import io.moetool.formats.checkpoint.CheckpointFiles;
import io.moetool.formats.checkpoint.CopiedFile;
import io.moetool.formats.checkpoint.Manifest;
import io.moetool.formats.checkpoint.ModelFolder;
import io.moetool.formats.exported.ExportedModel;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.json.Json;
import io.moetool.formats.onnx.OnnxCut;
import io.moetool.formats.onnx.OnnxDataWriter;
import io.moetool.formats.onnx.OnnxFile;
import io.moetool.formats.publish.DiskSpace;
import io.moetool.formats.publish.Leftover;
import io.moetool.formats.publish.Sha256;
import io.moetool.formats.publish.StagedFolder;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.formats.publish.WrittenFile;
import io.moetool.transforms.layout.PrunedConfig;
import io.moetool.transforms.plan.Plan;
import io.moetool.transforms.plan.PlanCheck;
import io.moetool.transforms.prune.PrunePreview;
import io.moetool.transforms.prune.PruneResult;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * Carries plans out on ONNX models. Kept experts are renumbered in ascending order, routers lose
 * what belongs to dropped ones; every other tensor and the graph stay as they are.
 */
public final class ExportPruner {
  private static final double NANOS = 1e9;
  private static final String DATA_FILE = OnnxFile.MODEL_FILE + ".data";

  /** Names a model file by its name, so it is of use only to a model of the same name. */
  private static final String GENAI_CONFIG = "genai_config.json";

  private final ExportedModel model;
  private final PlannedExport planned;
  private final String toolVersion;

  /**
   * A pruner of one model.
   *
   * @param model stays open while this is used, and is not closed by it
   * @param planned the same model, as plans see it
   * @param toolVersion names the tool in the manifest
   */
  public ExportPruner(ExportedModel model, PlannedExport planned, String toolVersion) {
    this.model = model;
    this.planned = planned;
    this.toolVersion = toolVersion;
  }

  /**
   * What {@link #prune} would do, after all of its checks.
   *
   * @param where names the plan in messages
   * @throws BadInputException as {@link #prune}
   */
  public PrunePreview preview(String where, Plan plan) {
    return preview(plan, cut(where, plan));
  }

  /**
   * Writes the result. No folder appears unless it is complete.
   *
   * @param where names the plan in messages
   * @param output a folder that does not exist yet
   * @param leftover what to do with what an ended run has left of {@code output}; there is nothing
   *     of it that a further run could use
   * @throws BadInputException if the plan is not for this model or cannot be carried out, or if
   *     {@code output} exists or is being written
   * @throws EnvironmentException if the disk has no room or refuses
   */
  public PruneResult prune(
      String where, Plan plan, Path output, Leftover leftover, WriteProgress progress) {
    long start = System.nanoTime();
    OnnxCut cut = cut(where, plan);
    byte[] graph = cut.model(DATA_FILE, key -> !key.equals(ExportedModel.SOURCE));
    try (StagedFolder staged =
        StagedFolder.create(output, List.of(model.file().folder()), leftover)) {
      staged.retain(List.of());
      DiskSpace.require(output, cut.dataBytes() + graph.length);
      List<WrittenFile> written = new ArrayList<>();
      written.add(OnnxDataWriter.write(staged.path().resolve(DATA_FILE), cut.placed(), progress));
      Files.write(staged.path().resolve(OnnxFile.MODEL_FILE), graph);
      written.add(hashed(staged.path(), OnnxFile.MODEL_FILE));
      addCompanions(staged.path(), plan, written);
      Files.writeString(staged.path().resolve(Manifest.FILE), manifest(plan, cut, written));
      staged.commit();
    } catch (IOException e) {
      throw new EnvironmentException(
          output.toString(), "cannot be written: " + e, "check the disk and run again", e);
    }
    PrunePreview done = preview(plan, cut);
    return new PruneResult(
        output.toString(),
        done.bytesBefore(),
        done.bytesAfter(),
        done.expertsBefore(),
        done.expertsAfter(),
        done.tensorsCopied(),
        done.tensorsChanged(),
        (System.nanoTime() - start) / NANOS);
  }

  private OnnxCut cut(String where, Plan plan) {
    PlanCheck.require(where, plan, planned);
    if (!plan.action().equals(Plan.PRUNE) || plan.repair().isPresent()) {
      throw new BadInputException(
          where,
          "it computes weights anew, and those of an ONNX model are only copied",
          "carry it out on the checkpoint, and export the result");
    }
    return OnnxCut.of(model.file(), model.layers(), plan.places().stored());
  }

  private PrunePreview preview(Plan plan, OnnxCut cut) {
    int copied = (int) cut.results().stream().filter(OnnxCut.Result::whole).count();
    return new PrunePreview(
        model.file().tensorBytes(),
        cut.tensorBytes(),
        cut.dataBytes(),
        plan.expertsBefore(),
        plan.expertsAfter(),
        copied,
        cut.results().size() + cut.added() - copied,
        cut.dropped(),
        1);
  }

  /** Tokenizer files, and the config where it can be edited. */
  private void addCompanions(Path folder, Plan plan, List<WrittenFile> written) throws IOException {
    for (CopiedFile copied : CheckpointFiles.of(model.file().folder())) {
      Path target = folder.resolve(copied.name());
      Files.createDirectories(Objects.requireNonNull(target.getParent()));
      Files.write(target, Files.readAllBytes(copied.source()));
      written.add(hashed(folder, copied.name()));
    }
    Path source = model.file().folder();
    Optional<Path> genai = new ModelFolder(source).file(source.toString(), GENAI_CONFIG);
    if (genai.isPresent() && model.file().path().endsWith(OnnxFile.MODEL_FILE)) {
      Files.write(folder.resolve(GENAI_CONFIG), Files.readAllBytes(genai.get()));
      written.add(hashed(folder, GENAI_CONFIG));
    }
    Optional<Architecture> architecture = model.architecture();
    if (architecture.isPresent()) {
      String config =
          PrunedConfig.text(
              architecture.get(), model.config().orElseThrow(), plan.expertsAfter(), plan.places());
      Files.write(folder.resolve("config.json"), config.getBytes(StandardCharsets.UTF_8));
      written.add(hashed(folder, "config.json"));
    }
  }

  private String manifest(Plan plan, OnnxCut cut, List<WrittenFile> written) {
    Map<String, OnnxCut.Result> results = new LinkedHashMap<>();
    cut.results().forEach(result -> results.put(result.name(), result));
    return Manifest.of(
            Manifest.Tool.current(toolVersion),
            new Manifest.Source(planned.fingerprint(), model.modelType(), Optional.empty()),
            (ObjectNode) Json.tree(plan),
            written,
            name -> {
              OnnxCut.Result result = Objects.requireNonNull(results.get(name));
              return result.whole()
                  ? Manifest.Origin.copyOf(result.source())
                  : Manifest.Origin.madeFrom(List.of(result.source()));
            })
        .toJson();
  }

  private static WrittenFile hashed(Path folder, String name) throws IOException {
    Path file = folder.resolve(name);
    return new WrittenFile(name, Files.size(file), Sha256.of(file), Map.of());
  }
}
