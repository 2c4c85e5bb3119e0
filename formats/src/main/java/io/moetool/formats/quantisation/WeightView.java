package io.moetool.formats.quantisation;

import io.moetool.formats.TensorView;
import java.util.List;

/**
 * The stored bytes of a weight.
 *
 * @param weight its layout
 * @param tensors windows onto its tensors, in the layout's order
 */
public record WeightView(StoredWeight weight, List<TensorView> tensors) {
  public WeightView {
    tensors = List.copyOf(tensors);
  }

  /** The elements. */
  public TensorView elements() {
    return tensors.getFirst();
  }

  /** A slice along the outermost axis, which elements and scales share. */
  public WeightView slice(int index) {
    StoredWeight slice = weight.slice();
    return new WeightView(
        slice,
        tensors.stream()
            .limit(slice.tensors().size())
            .map(tensor -> slice(tensor, index))
            .toList());
  }

  private static TensorView slice(TensorView tensor, int index) {
    return new TensorView(
        tensor.info().withShape(StoredWeight.inner(tensor.shape())), tensor.slice(index));
  }
}
