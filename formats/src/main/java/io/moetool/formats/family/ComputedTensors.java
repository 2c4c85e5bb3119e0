package io.moetool.formats.family;

import io.moetool.formats.BadInputException;
import io.moetool.formats.DType;
import io.moetool.formats.Shape;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorStore;
import io.moetool.formats.TensorView;
import io.moetool.formats.safetensors.Quoted;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.SequencedSet;

/**
 * The tensors that a checkpoint of an architecture holds, as names, types and shapes without
 * content. Selection biases are float32, as published checkpoints store them; every other tensor
 * has one and the same type.
 */
public final class ComputedTensors implements TensorStore {
  /** More than any published model has; keeps an absurd config from filling the memory. */
  private static final long MOST = 4_000_000;

  private final Architecture architecture;
  private final DType type;
  private final String where;
  private final SequencedMap<String, TensorInfo> infos = new LinkedHashMap<>();

  /**
   * The tensors of an architecture.
   *
   * @param type element type of all but selection biases
   * @param where file with the numbers they are computed from, for messages
   * @throws BadInputException if they are too many to be a model
   */
  public ComputedTensors(Architecture architecture, DType type, String where) {
    this.architecture = architecture;
    this.type = type;
    this.where = where;
    ExpectedTensors expected = new ExpectedTensors(architecture);
    long perLayer = (long) expected.perExpert().size() * architecture.moe().experts();
    if (Math.multiplyHigh(perLayer, (long) architecture.moe().layers().size()) != 0
        || perLayer * architecture.moe().layers().size() > MOST) {
      throw new BadInputException(
          where,
          "%d layers with %d experts each would be more than %d tensors"
              .formatted(architecture.moe().layers().size(), architecture.moe().experts(), MOST),
          "use the config the checkpoint was published with");
    }
    expected.outside().forEach(tensor -> add(tensor, 0));
    for (int layer = 0; layer < architecture.layers(); layer++) {
      addLayer(expected, layer);
    }
  }

  private void addLayer(ExpectedTensors expected, int layer) {
    for (RoleShape tensor : expected.inLayer(layer)) {
      add(tensor, layer);
    }
    if (architecture.isMoe(layer)) {
      for (int expert = 0; expert < architecture.moe().experts(); expert++) {
        for (RoleShape tensor : expected.perExpert()) {
          add(architecture.names().weight(tensor.role(), layer, expert), type, tensor.weight());
        }
      }
    }
  }

  private void add(RoleShape tensor, int layer) {
    TensorRole role = tensor.role();
    add(
        architecture.names().weight(role, layer),
        role == TensorRole.SELECTION_BIAS ? DType.F32 : type,
        tensor.weight());
    tensor.bias().ifPresent(shape -> add(architecture.names().bias(role, layer), type, shape));
  }

  private void add(String name, DType elementType, Shape shape) {
    infos.put(name, new TensorInfo(name, elementType, shape));
  }

  @Override
  public SequencedSet<String> names() {
    return Collections.unmodifiableSequencedSet(infos.sequencedKeySet());
  }

  @Override
  public boolean contains(String name) {
    return infos.containsKey(name);
  }

  @Override
  public TensorInfo info(String name) {
    TensorInfo info = infos.get(name);
    if (info == null) {
      throw new BadInputException(
          where, "asks for no tensor " + Quoted.of(name), "check the tensor's name");
    }
    return info;
  }

  /** Never succeeds: there are no weights. */
  @Override
  public TensorView view(String name) {
    throw new BadInputException(
        where, "there are no weights beside it to read " + Quoted.of(name), "download them");
  }

  @Override
  public String location(String name) {
    return where;
  }

  @Override
  public void close() {
    // nothing is open
  }
}
