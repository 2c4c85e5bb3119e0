package io.moetool.transforms;

import io.moetool.formats.checkpoint.CheckpointStore;
import io.moetool.formats.checkpoint.Fingerprint;
import io.moetool.formats.checkpoint.Manifest;
import io.moetool.formats.checkpoint.ModelStore;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.family.ModelConfig;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.CheckpointModel;
import io.moetool.runtime.run.ExpertMask;
import io.moetool.runtime.run.RunProgress;
import io.moetool.runtime.run.Taps;
import io.moetool.runtime.run.WorkPool;
import io.moetool.runtime.text.SequenceData;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * An opened checkpoint that something is made from; never written to.
 *
 * @param tensors its weights
 * @param config its {@code config.json}
 * @param architecture the family's description filled in with the config's numbers
 * @param fingerprint names it in statistics, plans and manifests
 */
public record SourceModel(
    ModelStore tensors, ModelConfig config, Architecture architecture, String fingerprint)
    implements AutoCloseable {

  /**
   * Opens a checkpoint and computes its fingerprint.
   *
   * @param model folder, or {@code .safetensors} file beside its config
   * @throws io.moetool.formats.BadInputException if it is incomplete, malformed or of an unknown
   *     family
   */
  public static SourceModel open(Path model, FamilyCatalog families) {
    CheckpointStore tensors = CheckpointStore.open(model);
    try {
      ModelConfig config = ModelConfig.read(tensors.configFile());
      return new SourceModel(
          tensors,
          config,
          families.resolve(config, tensors),
          Fingerprint.of(config.root(), tensors));
    } catch (RuntimeException e) {
      tensors.close();
      throw e;
    }
  }

  /** What manifests say of it. */
  public Manifest.Source inManifest() {
    return new Manifest.Source(
        fingerprint,
        architecture.modelType(),
        architecture.assumed() ? Optional.of(architecture.family()) : Optional.empty());
  }

  /** Its folder, and the files that hold its weights. */
  public List<Path> files() {
    return Stream.concat(Stream.of(tensors.folder()), tensors.files().stream()).toList();
  }

  /** Runs it, with all experts, for what the taps see on the way. */
  public void observe(
      SequenceData data, Taps taps, OrtEngine engine, WorkPool pool, RunProgress progress) {
    try (CheckpointModel model =
        new CheckpointModel(tensors, architecture, engine, pool, ExpertMask.NONE)) {
      model.observe(data, taps, progress);
    }
  }

  /** Unmaps the weights. */
  @Override
  public void close() {
    tensors.close();
  }
}
