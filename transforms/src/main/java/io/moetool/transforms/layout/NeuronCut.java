package io.moetool.transforms.layout;

import io.moetool.formats.OutputTensor;
import io.moetool.formats.TensorContent;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorStore;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A tensor of the source of which an axis loses the elements of some neurons, each expert in its
 * slice its own ones; or that stays whole.
 */
public final class NeuronCut implements TensorEdit {
  private final TensorInfo source;
  private final TensorInfo target;
  private final int axis;
  private final int[][] chosen;

  private NeuronCut(TensorInfo source, TensorInfo target, int axis, int[][] chosen) {
    this.source = source;
    this.target = target;
    this.axis = axis;
    this.chosen = chosen;
  }

  static NeuronCut whole(TensorInfo source) {
    return new NeuronCut(source, source, 0, new int[0][]);
  }

  /**
   * The elements that stay.
   *
   * @param source of an element type of whole bytes
   * @param axis that gets shorter
   * @param chosen places that stay, ascending, the same number for each of the equal slices of the
   *     outermost axis; one slice if the tensor is of one expert
   */
  static NeuronCut along(TensorInfo source, int axis, int[]... chosen) {
    return new NeuronCut(
        source, source.withShape(source.shape().withDim(axis, chosen[0].length)), axis, chosen);
  }

  @Override
  public TensorInfo source() {
    return source;
  }

  @Override
  public TensorInfo target() {
    return target;
  }

  @Override
  public boolean isWhole() {
    return chosen.length == 0;
  }

  @Override
  public OutputTensor output(TensorStore sourceTensors) {
    return new OutputTensor(
        target,
        isWhole()
            ? sink -> sink.write(sourceTensors.view(source.name()).bytes())
            : sink -> write(sourceTensors.view(source.name()).bytes(), sink));
  }

  private void write(MemorySegment bytes, TensorContent.Sink sink) throws IOException {
    long inner = source.dtype().byteSize(1);
    for (int i = axis + 1; i < source.shape().rank(); i++) {
      inner *= source.shape().dim(i);
    }
    long row = source.shape().dim(axis) * inner;
    long slice = bytes.byteSize() / chosen.length;
    for (int i = 0; i < chosen.length; i++) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment stays = arena.allocate(target.byteSize() / chosen.length);
        long at = 0;
        for (long from = i * slice; from < (i + 1) * slice; from += row) {
          for (int place : chosen[i]) {
            MemorySegment.copy(bytes, from + place * inner, stays, at, inner);
            at += inner;
          }
        }
        sink.write(stays);
      }
    }
  }
}
