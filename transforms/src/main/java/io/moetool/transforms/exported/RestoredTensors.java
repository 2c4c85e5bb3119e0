package io.moetool.transforms.exported;

import io.moetool.formats.BadInputException;
import io.moetool.formats.OutputTensor;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorStore;
import io.moetool.formats.TensorView;
import io.moetool.formats.checkpoint.ModelStore;
import io.moetool.formats.exported.ExportedModel;
import io.moetool.formats.safetensors.Quoted;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.SequencedSet;

/**
 * An ONNX model's weights as the checkpoint has them that it was made from, without such a
 * checkpoint being written: stored tensors where they lie, those that are parts of stacks put
 * together whenever they are looked at.
 */
final class RestoredTensors implements ModelStore {
  private static final long ALIGNMENT = 64;

  /** Stacks of all experts are put together once while their experts are gone through. */
  private static final int RECENT = 2;

  private final ExportedModel model;
  private final SequencedMap<String, OutputTensor> tensors = new LinkedHashMap<>();
  private final SequencedMap<String, TensorView> recent = new LinkedHashMap<>();

  /**
   * The weights of a model.
   *
   * @param model closed with this
   * @param found its tensors by the names of the checkpoint
   */
  RestoredTensors(ExportedModel model, List<OutputTensor> found) {
    this.model = model;
    found.forEach(tensor -> tensors.put(tensor.info().name(), tensor));
  }

  /** What it is a view of. */
  ExportedModel model() {
    return model;
  }

  @Override
  public Path folder() {
    return model.file().folder();
  }

  @Override
  public List<Path> files() {
    return model.file().files();
  }

  @Override
  public List<TensorStore> parts() {
    return List.of(this);
  }

  @Override
  public long tensorBytes() {
    return tensors.values().stream().mapToLong(tensor -> tensor.info().byteSize()).sum();
  }

  @Override
  public List<String> warnings() {
    return List.of();
  }

  @Override
  public SequencedSet<String> names() {
    return Collections.unmodifiableSequencedSet(tensors.sequencedKeySet());
  }

  @Override
  public TensorInfo info(String name) {
    return tensor(name).info();
  }

  @Override
  public synchronized TensorView view(String name) {
    TensorView known = recent.get(name);
    if (known != null) {
      return known;
    }
    OutputTensor tensor = tensor(name);
    List<MemorySegment> pieces = new ArrayList<>();
    try {
      tensor.content().writeTo(pieces::add);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (pieces.size() == 1 && pieces.getFirst().isNative()) {
      return new TensorView(tensor.info(), pieces.getFirst());
    }
    TensorView joined = new TensorView(tensor.info(), joined(pieces));
    recent.put(name, joined);
    if (recent.size() > RECENT) {
      recent.pollFirstEntry();
    }
    return joined;
  }

  @Override
  public String location(String name) {
    return model.file().path().toString();
  }

  @Override
  public void close() {
    model.close();
  }

  private static MemorySegment joined(List<MemorySegment> pieces) {
    long size = pieces.stream().mapToLong(MemorySegment::byteSize).sum();
    MemorySegment whole = Arena.ofAuto().allocate(size, ALIGNMENT);
    long at = 0;
    for (MemorySegment piece : pieces) {
      whole.asSlice(at, piece.byteSize()).copyFrom(piece);
      at += piece.byteSize();
    }
    return whole;
  }

  private OutputTensor tensor(String name) {
    OutputTensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new BadInputException(
          model.file().path().toString(),
          "there is no tensor " + Quoted.of(name),
          "check that the weights belong to the config.json beside them");
    }
    return tensor;
  }
}
