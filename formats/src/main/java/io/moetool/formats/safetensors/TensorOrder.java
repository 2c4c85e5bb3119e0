package io.moetool.formats.safetensors;

import io.moetool.formats.DType;
import io.moetool.formats.TensorInfo;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;

/** The order of tensors in a file: as given while that keeps every element aligned. */
final class TensorOrder {
  private TensorOrder() {}

  static <T> List<T> aligned(List<T> tensors, Function<T, TensorInfo> infoOf) {
    long at = 0;
    for (T tensor : tensors) {
      TensorInfo info = infoOf.apply(tensor);
      if (at % elementBytes(info.dtype()) != 0) {
        // The sort is stable, so what can stay in order does.
        return tensors.stream()
            .sorted(Comparator.comparingInt((T t) -> -elementBytes(infoOf.apply(t).dtype())))
            .toList();
      }
      at = Math.addExact(at, info.byteSize());
    }
    return List.copyOf(tensors);
  }

  /** 1 for the packed types, which have no alignment of their own. */
  static int elementBytes(DType dtype) {
    return Math.max(1, dtype.bits() / 8);
  }
}
