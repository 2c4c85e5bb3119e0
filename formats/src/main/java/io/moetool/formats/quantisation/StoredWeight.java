package io.moetool.formats.quantisation;

import io.moetool.formats.Shape;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorStore;
import java.util.List;

/**
 * A weight and the tensors that hold it.
 *
 * @param name name of the weight; need not be that of a tensor
 * @param shape extents of the weight as it is computed with
 * @param encoding how its elements are meant
 * @param tensors its elements, then their scales, then whatever else belongs to it
 */
public record StoredWeight(String name, Shape shape, Encoding encoding, List<TensorInfo> tensors) {
  /** Elements and scales. */
  private static final int COMPUTED = 2;

  public StoredWeight {
    tensors = List.copyOf(tensors);
  }

  /** A weight that is one tensor. */
  public static StoredWeight plain(TensorInfo tensor) {
    return new StoredWeight(tensor.name(), tensor.shape(), new Encoding.Plain(), List.of(tensor));
  }

  /** The tensor with its elements. */
  public TensorInfo elements() {
    return tensors.getFirst();
  }

  /** Whether one tensor holds the weight as it stands. */
  public boolean isPlain() {
    return encoding instanceof Encoding.Plain;
  }

  /**
   * Layout of a slice along the outermost axis, under the same names: its elements and scales, the
   * only tensors that are computed with.
   */
  public StoredWeight slice() {
    return new StoredWeight(
        name,
        inner(shape),
        encoding,
        tensors.stream()
            .limit(COMPUTED)
            .map(tensor -> tensor.withShape(inner(tensor.shape())))
            .toList());
  }

  /** The stored bytes, without copying. */
  public WeightView view(TensorStore store) {
    return new WeightView(this, tensors.stream().map(tensor -> store.view(tensor.name())).toList());
  }

  static Shape inner(Shape shape) {
    return new Shape(shape.dims().subList(1, shape.rank()));
  }
}
