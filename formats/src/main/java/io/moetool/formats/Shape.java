package io.moetool.formats;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * Extents of a tensor, outermost first; empty for a scalar.
 *
 * @param dims extents, none negative
 */
public record Shape(List<Long> dims) {
  public Shape {
    dims = List.copyOf(dims);
    for (long dim : dims) {
      if (dim < 0) {
        throw new IllegalArgumentException("negative extent in " + dims);
      }
    }
  }

  /** The shape with these extents. */
  public static Shape of(long... dims) {
    return new Shape(LongStream.of(dims).boxed().toList());
  }

  /** Number of axes. */
  public int rank() {
    return dims.size();
  }

  /** Extent of {@code axis}. */
  public long dim(int axis) {
    return dims.get(axis);
  }

  /**
   * Product of the extents, 1 for a scalar.
   *
   * @throws ArithmeticException if it exceeds a {@code long}
   */
  public long elements() {
    long product = 1;
    for (long dim : dims) {
      product = Math.multiplyExact(product, dim);
    }
    return product;
  }

  /** This shape with {@code extent} on {@code axis}. */
  public Shape withDim(int axis, long extent) {
    Long[] changed = dims.toArray(Long[]::new);
    changed[axis] = extent;
    return new Shape(Arrays.asList(changed));
  }

  /** The extents as an array, for libraries that want one. */
  public long[] toArray() {
    return dims.stream().mapToLong(Long::longValue).toArray();
  }

  @Override
  public String toString() {
    return dims.stream().map(String::valueOf).collect(Collectors.joining(",", "[", "]"));
  }
}
