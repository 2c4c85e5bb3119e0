package io.moetool.transforms.merge;

import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorStore;
import io.moetool.formats.TensorView;
import java.util.Map;
import java.util.SequencedSet;

/**
 * A checkpoint in which what a group of experts becomes has taken a place, so that it can be run as
 * an expert of its layer. Where experts share tensors, these hold it alone.
 */
final class MergedExpert implements TensorStore {
  private final TensorStore source;
  private final Map<String, TensorView> merged;
  private final int place;

  /**
   * A checkpoint with a merged expert.
   *
   * @param source what everything else is read from; not closed by this
   * @param merged its tensors by name
   * @param place the number under which they are found
   */
  MergedExpert(TensorStore source, Map<String, TensorView> merged, int place) {
    this.source = source;
    this.merged = Map.copyOf(merged);
    this.place = place;
  }

  /** Number of the merged expert in its layer. */
  int place() {
    return place;
  }

  @Override
  public SequencedSet<String> names() {
    return source.names();
  }

  @Override
  public boolean contains(String name) {
    return source.contains(name);
  }

  @Override
  public TensorInfo info(String name) {
    TensorView view = merged.get(name);
    return view == null ? source.info(name) : view.info();
  }

  @Override
  public TensorView view(String name) {
    TensorView view = merged.get(name);
    return view == null ? source.view(name) : view;
  }

  @Override
  public String location(String name) {
    return source.location(name);
  }

  @Override
  public void close() {
    // the source belongs to the caller, the merged tensors to their arena
  }
}
