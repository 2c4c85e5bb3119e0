package io.moetool.transforms.layout;

import io.moetool.formats.OutputTensor;
import io.moetool.formats.Shape;
import io.moetool.formats.TensorContent;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorStore;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A tensor of the source that stays, whole or in part.
 *
 * @param source as it is stored in the source
 * @param target as it will be stored in the result
 * @param experts experts whose parts stay, ascending; empty if the tensor stays whole
 * @param masked those among them whose part is replaced, so that they are never chosen
 * @param scale what all elements are multiplied by; 1 leaves them as they are
 * @param rows by expert that stays, factors on the parts of all experts whose sum is added to its
 *     own; empty if nothing is added
 */
public record TensorMove(
    TensorInfo source,
    TensorInfo target,
    List<Integer> experts,
    List<Integer> masked,
    double scale,
    List<List<Double>> rows)
    implements TensorEdit {
  public TensorMove {
    experts = List.copyOf(experts);
    masked = List.copyOf(masked);
    rows = List.copyOf(rows);
  }

  static TensorMove whole(TensorInfo source, String newName) {
    return new TensorMove(source, source.withName(newName), List.of(), List.of(), 1, List.of());
  }

  /**
   * The parts of some experts.
   *
   * @param source a tensor whose outermost extent other than 1 counts experts
   * @param experts that stay, ascending
   */
  static TensorMove parts(TensorInfo source, List<Integer> experts) {
    return parts(source, experts, List.of());
  }

  /**
   * The parts of some experts.
   *
   * @param source a tensor whose outermost extent other than 1 counts experts
   * @param experts that stay, ascending
   * @param masked those among them that are never chosen, if it is this tensor that rules them out
   */
  static TensorMove parts(TensorInfo source, List<Integer> experts, List<Integer> masked) {
    Shape shape = source.shape();
    int axis = 0;
    while (axis < shape.rank() - 1 && shape.dim(axis) == 1) {
      axis++;
    }
    return experts.size() == shape.dim(axis) && masked.isEmpty()
        ? whole(source, source.name())
        : new TensorMove(
            source,
            source.withShape(shape.withDim(axis, experts.size())),
            experts,
            masked,
            1,
            List.of());
  }

  /** The same with all elements multiplied. */
  TensorMove scaledBy(double factor) {
    return new TensorMove(source, target, experts, masked, factor, rows);
  }

  /** The same with combinations of all experts' parts added to those that stay. */
  TensorMove withRows(List<List<Double>> added) {
    List<Integer> parts =
        experts.isEmpty() ? IntStream.range(0, added.size()).boxed().toList() : experts;
    return new TensorMove(source, target, parts, masked, scale, added);
  }

  @Override
  public boolean isWhole() {
    return experts.isEmpty() && scale == 1;
  }

  @Override
  public OutputTensor output(TensorStore sourceTensors) {
    TensorContent content =
        sink -> {
          for (MemorySegment piece : pieces(sourceTensors)) {
            sink.write(piece);
          }
        };
    return new OutputTensor(target, content);
  }

  /** What stays as it is lies where it lies in the source; products are made one at a time. */
  private Iterable<MemorySegment> pieces(TensorStore sourceTensors) {
    MemorySegment bytes = sourceTensors.view(source.name()).bytes();
    if (experts.isEmpty()) {
      return List.of(scaled(bytes));
    }
    long size = target.byteSize() / experts.size();
    return () ->
        IntStream.range(0, experts.size()).mapToObj(place -> piece(bytes, size, place)).iterator();
  }

  private MemorySegment piece(MemorySegment bytes, long size, int place) {
    int expert = experts.get(place);
    if (masked.contains(expert)) {
      return DeadSlots.never(source);
    }
    return rows.isEmpty()
        ? scaled(bytes.asSlice(expert * size, size))
        : MixedRows.row(source.dtype(), bytes, expert, rows.get(place));
  }

  private MemorySegment scaled(MemorySegment bytes) {
    return scale == 1 ? bytes : ScaledElements.of(source.dtype(), bytes, scale);
  }
}
