package io.moetool.transforms.merge;

import io.moetool.formats.DType;
import io.moetool.formats.Shape;
import io.moetool.kernels.ElementDecoder;
import io.moetool.kernels.ElementEncoder;
import io.moetool.runtime.run.WorkPool;
import io.moetool.transforms.layout.NeuronOrder;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.function.IntUnaryOperator;

/**
 * The weighted sum of matrices in one stored type: values are decoded, added up in float64 in the
 * order of the members, and rounded once.
 */
final class WeightedMean {
  private static final int ROWS_AT_ONCE = 64;

  private final DType type;
  private final int rows;
  private final int columns;
  private final NeuronOrder.Side side;

  /**
   * A sum of matrices.
   *
   * @param type F32, F16 or BF16
   * @param shape extents of each, a vector being a column
   * @param side along which axis neurons lie
   */
  WeightedMean(DType type, Shape shape, NeuronOrder.Side side) {
    this.type = type;
    this.rows = Math.toIntExact(shape.rank() == 0 ? 1 : shape.dim(0));
    this.columns = Math.toIntExact(shape.rank() < 2 ? 1 : shape.elements() / rows);
    this.side = side;
  }

  /**
   * One of the matrices.
   *
   * @param elements stored
   * @param weight what it is multiplied by
   * @param place where along the axis of neurons it has what belongs at an index of the sum
   */
  record Term(MemorySegment elements, double weight, IntUnaryOperator place) {}

  /** The sum's elements, in an arena that any thread may use. */
  MemorySegment of(Arena arena, List<Term> terms, WorkPool pool) {
    MemorySegment result = arena.allocate(type.byteSize((long) rows * columns), 64);
    pool.forEach(
        Math.ceilDiv(rows, ROWS_AT_ONCE),
        i -> {
          int to = Math.min(rows, (i + 1) * ROWS_AT_ONCE);
          for (int row = i * ROWS_AT_ONCE; row < to; row++) {
            addUp(terms, row, result);
          }
        });
    return result;
  }

  private void addUp(List<Term> terms, int row, MemorySegment result) {
    double[] sums = new double[columns];
    float[] values = new float[columns];
    for (Term term : terms) {
      int from = side == NeuronOrder.Side.ROWS ? term.place().applyAsInt(row) : row;
      ElementDecoder.decode(type, rowOf(term.elements(), from), MemorySegment.ofArray(values));
      for (int column = 0; column < columns; column++) {
        int place = side == NeuronOrder.Side.COLUMNS ? term.place().applyAsInt(column) : column;
        sums[column] += term.weight() * values[place];
      }
    }
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment floats = scratch.allocate(ValueLayout.JAVA_FLOAT, columns);
      for (int column = 0; column < columns; column++) {
        floats.setAtIndex(ValueLayout.JAVA_FLOAT, column, (float) sums[column]);
      }
      ElementEncoder.encode(type, floats, rowOf(result, row));
    }
  }

  private MemorySegment rowOf(MemorySegment matrix, int row) {
    long bytes = type.byteSize(columns);
    return matrix.asSlice(row * bytes, bytes);
  }
}
