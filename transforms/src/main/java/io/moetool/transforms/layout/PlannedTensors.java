package io.moetool.transforms.layout;

import io.moetool.formats.OutputTensor;
import io.moetool.formats.TensorStore;
import io.moetool.formats.checkpoint.Manifest.Origin;
import io.moetool.formats.checkpoint.ModelStore;
import io.moetool.formats.checkpoint.ShardPacking;
import io.moetool.transforms.layout.PlannedTensor.Kind;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.OptionalLong;
import java.util.SequencedMap;
import java.util.function.Function;

/** All tensors that a plan makes of a source, file by file, in the order they are written. */
public final class PlannedTensors {
  private final List<List<PlannedTensor>> files;
  private final SequencedMap<String, PlannedTensor> byName = new LinkedHashMap<>();

  private PlannedTensors(List<List<PlannedTensor>> files) {
    this.files = files;
    files.forEach(
        file -> file.forEach(tensor -> byName.put(tensor.output().info().name(), tensor)));
  }

  /**
   * What a plan makes of each file of a checkpoint.
   *
   * @param ofFile what it makes of one
   */
  public static PlannedTensors of(
      ModelStore source, Function<TensorStore, List<PlannedTensor>> ofFile) {
    return new PlannedTensors(source.parts().stream().map(ofFile).toList());
  }

  /**
   * What edits make of each file of a checkpoint.
   *
   * @param edits those of one file
   */
  public static PlannedTensors edited(
      ModelStore source, Function<TensorStore, ? extends List<? extends TensorEdit>> edits) {
    return of(
        source,
        file -> edits.apply(file).stream().map(edit -> PlannedTensor.of(edit, file)).toList());
  }

  /**
   * Distributed over files.
   *
   * @param shardBytes size of the largest file; if empty, the files are those of the source
   */
  public List<List<OutputTensor>> shards(OptionalLong shardBytes) {
    if (shardBytes.isEmpty()) {
      return files.stream().map(file -> file.stream().map(PlannedTensor::output).toList()).toList();
    }
    List<OutputTensor> all = byName.values().stream().map(PlannedTensor::output).toList();
    return ShardPacking.greedy(all, shardBytes.getAsLong());
  }

  /** By name, in the order they are written. */
  public SequencedMap<String, PlannedTensor> byName() {
    return Collections.unmodifiableSequencedMap(byName);
  }

  /** How many there are. */
  public int count() {
    return byName.size();
  }

  /** How many of them are copied. */
  public int copied() {
    return (int) byName.values().stream().filter(tensor -> tensor.kind() == Kind.COPIED).count();
  }

  /** Where a tensor comes from. */
  public Origin originOf(String name) {
    PlannedTensor tensor = byName.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException(name + " was not planned");
    }
    return tensor.origin();
  }
}
