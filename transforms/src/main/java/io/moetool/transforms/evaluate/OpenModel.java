package io.moetool.transforms.evaluate;

import io.moetool.formats.TensorStore;
import io.moetool.formats.checkpoint.CheckpointStore;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.family.ModelConfig;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.CheckpointModel;
import io.moetool.runtime.run.ExpertMask;
import io.moetool.runtime.run.LanguageModel;
import io.moetool.runtime.run.MemoryLimit;
import io.moetool.runtime.run.OnnxModel;
import io.moetool.runtime.run.WorkPool;
import io.moetool.transforms.SoundCheckpoint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/** A model that a user named, checkpoint or ONNX, ready to run. */
public final class OpenModel implements AutoCloseable {
  private static final String ONNX = ".onnx";

  private final LanguageModel model;
  private final Path folder;
  private final ModelSize size;
  private final AutoClosing store;

  private interface AutoClosing {
    void close();
  }

  private OpenModel(LanguageModel model, Path folder, ModelSize size, AutoClosing store) {
    this.model = model;
    this.folder = folder;
    this.size = size;
    this.store = store;
  }

  /**
   * Whether a path means an ONNX model: an {@code .onnx} file, or a folder with {@code model.onnx}.
   */
  public static boolean isOnnx(Path model) {
    return model.toString().endsWith(ONNX) || Files.isRegularFile(model.resolve("model" + ONNX));
  }

  /**
   * Opens a model.
   *
   * @param path checkpoint folder, {@code .safetensors} file beside its config, {@code .onnx} file,
   *     or folder with {@code model.onnx}
   * @throws io.moetool.formats.BadInputException if there is no usable model
   */
  public static OpenModel open(Path path, FamilyCatalog families, OrtEngine engine, WorkPool pool) {
    return open(path, families, engine, pool, Optional.empty());
  }

  /**
   * As {@link #open(Path, FamilyCatalog, OrtEngine, WorkPool)}, and a checkpoint computes within a
   * limit.
   */
  public static OpenModel open(
      Path path,
      FamilyCatalog families,
      OrtEngine engine,
      WorkPool pool,
      Optional<MemoryLimit> limit) {
    if (isOnnx(path)) {
      Path file = Files.isDirectory(path) ? path.resolve("model" + ONNX) : path;
      Path folder = Objects.requireNonNull(file.toAbsolutePath().getParent());
      return new OpenModel(new OnnxModel(file, engine), folder, ModelSize.ofOnnx(file), () -> {});
    }
    CheckpointStore store = CheckpointStore.open(path);
    try {
      Architecture architecture = families.resolve(ModelConfig.read(store.configFile()), store);
      SoundCheckpoint.require(architecture, store);
      CheckpointModel model =
          new CheckpointModel(store, architecture, engine, pool, ExpertMask.NONE);
      return new OpenModel(
          limit.map(model::within).orElse(model),
          store.folder(),
          ModelSize.of(architecture, store),
          store::close);
    } catch (RuntimeException e) {
      store.close();
      throw e;
    }
  }

  /**
   * A checkpoint whose tensors may lie anywhere.
   *
   * @param store closed with the model
   * @param folder where its tokenizer is
   */
  public static OpenModel of(
      TensorStore store, Architecture architecture, Path folder, OrtEngine engine, WorkPool pool) {
    LanguageModel model = new CheckpointModel(store, architecture, engine, pool, ExpertMask.NONE);
    return new OpenModel(model, folder, ModelSize.of(architecture, store), store::close);
  }

  /**
   * A checkpoint of which some experts are never chosen, in place of a model without them.
   *
   * @param store closed with the model
   * @param bytes what the model without them holds
   * @param folder where its tokenizer is
   */
  public static OpenModel masked(
      TensorStore store,
      Architecture architecture,
      ExpertMask mask,
      long bytes,
      Path folder,
      OrtEngine engine,
      WorkPool pool) {
    return new OpenModel(
        new CheckpointModel(store, architecture, engine, pool, mask),
        folder,
        new ModelSize(bytes, Optional.empty(), Optional.empty()),
        store::close);
  }

  /** The model. */
  public LanguageModel model() {
    return model;
  }

  /** The model, if it is a checkpoint, which can be watched while it runs. */
  public Optional<CheckpointModel> checkpoint() {
    return model instanceof CheckpointModel checkpoint ? Optional.of(checkpoint) : Optional.empty();
  }

  /** Where its tokenizer is. */
  public Path folder() {
    return folder;
  }

  /** How much it holds. */
  public ModelSize size() {
    return size;
  }

  @Override
  public void close() {
    model.close();
    store.close();
  }
}
