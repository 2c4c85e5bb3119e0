package io.moetool.transforms.layout;

import io.moetool.formats.BadInputException;
import io.moetool.formats.EnvironmentException;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorStore;
import io.moetool.formats.TensorView;
import io.moetool.transforms.layout.PlannedTensor.Kind;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.WeakReference;
import java.util.Collections;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The tensors that a plan makes of a source, read as if they were stored already. What is copied is
 * the source's own memory; what is cut or computed is made when it is first looked at, and kept as
 * long as somebody holds a view of it.
 */
public final class PlannedStore implements TensorStore {
  private final TensorStore source;
  private final SequencedMap<String, PlannedTensor> tensors;
  private final Map<String, WeakReference<MemorySegment>> made = new ConcurrentHashMap<>();

  /**
   * A store of planned tensors.
   *
   * @param source what they are made of; stays open while this is used, and is not closed by it
   */
  public PlannedStore(TensorStore source, PlannedTensors tensors) {
    this.source = source;
    this.tensors = tensors.byName();
  }

  @Override
  public SequencedSet<String> names() {
    return Collections.unmodifiableSequencedSet(tensors.sequencedKeySet());
  }

  @Override
  public boolean contains(String name) {
    return tensors.containsKey(name);
  }

  @Override
  public TensorInfo info(String name) {
    return tensor(name).output().info();
  }

  @Override
  public TensorView view(String name) {
    PlannedTensor tensor = tensor(name);
    MemorySegment bytes =
        tensor.kind() == Kind.COPIED
            ? source.view(tensor.sources().getFirst()).bytes()
            : made(name, tensor);
    return new TensorView(tensor.output().info(), bytes);
  }

  private MemorySegment made(String name, PlannedTensor tensor) {
    WeakReference<MemorySegment> known = made.get(name);
    MemorySegment kept = known == null ? null : known.get();
    if (kept != null) {
      return kept;
    }
    MemorySegment bytes = make(tensor);
    made.put(name, new WeakReference<>(bytes));
    return bytes;
  }

  private static MemorySegment make(PlannedTensor tensor) {
    // Freed when nothing refers to it any more: views have no end of their own.
    MemorySegment bytes = Arena.ofAuto().allocate(tensor.output().info().byteSize(), Long.BYTES);
    long[] at = {0};
    try {
      tensor
          .output()
          .content()
          .writeTo(piece -> {
            MemorySegment.copy(piece, 0, bytes, at[0], piece.byteSize());
            at[0] += piece.byteSize();
          });
    } catch (IOException e) {
      throw new EnvironmentException(
          tensor.sources().toString(), "cannot be read: " + e.getMessage(), "check the disk", e);
    }
    return bytes;
  }

  private PlannedTensor tensor(String name) {
    PlannedTensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new BadInputException("the plan", "it makes no tensor " + name, "make another plan");
    }
    return tensor;
  }

  @Override
  public String location(String name) {
    return source.location(tensor(name).sources().getFirst());
  }

  @Override
  public void close() {
    // the source belongs to the caller
  }
}
