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
import java.util.stream.IntStream;

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
   * @param shares what of it belongs where
   */
  record Term(MemorySegment elements, Shares shares) {
    /**
     * A matrix with its neurons in another order.
     *
     * @param weight what it is multiplied by
     * @param place where along the axis of neurons it has what belongs at an index of the sum
     */
    static Term of(MemorySegment elements, double weight, IntUnaryOperator place) {
      return new Term(
          elements,
          new Shares() {
            @Override
            public int[] places(int index) {
              return new int[] {place.applyAsInt(index)};
            }

            @Override
            public double weight(int index) {
              return weight;
            }
          });
    }
  }

  /** What a matrix has for the sum, by index along the axis of neurons. */
  interface Shares {
    /** Where in the matrix what belongs there lies. */
    int[] places(int index);

    /** What all of it is multiplied by. */
    double weight(int index);
  }

  /** A term with its shares looked up once. */
  private static final class Part {
    private final MemorySegment elements;
    private final int[][] places;
    private final double[] weights;

    private Part(MemorySegment elements, int[][] places, double[] weights) {
      this.elements = elements;
      this.places = places;
      this.weights = weights;
    }

    void addRow(int row, float[] values, double[] sums) {
      double weight = weights[row];
      for (int column = 0; column < sums.length; column++) {
        sums[column] += weight * values[column];
      }
    }

    void addColumns(float[] values, double[] sums) {
      for (int column = 0; column < sums.length; column++) {
        for (int place : places[column]) {
          sums[column] += weights[column] * values[place];
        }
      }
    }

    static Part of(Term term, int extent) {
      return new Part(
          term.elements(),
          IntStream.range(0, extent).mapToObj(term.shares()::places).toArray(int[][]::new),
          IntStream.range(0, extent).mapToDouble(term.shares()::weight).toArray());
    }
  }

  /** The sum's elements, in an arena that any thread may use. */
  MemorySegment of(Arena arena, List<Term> terms, WorkPool pool) {
    MemorySegment result = arena.allocate(type.byteSize((long) rows * columns), 64);
    int extent = side == NeuronOrder.Side.COLUMNS ? columns : rows;
    List<Part> parts = terms.stream().map(term -> Part.of(term, extent)).toList();
    pool.forEach(
        Math.ceilDiv(rows, ROWS_AT_ONCE),
        i -> {
          int to = Math.min(rows, (i + 1) * ROWS_AT_ONCE);
          for (int row = i * ROWS_AT_ONCE; row < to; row++) {
            addUp(parts, row, result);
          }
        });
    return result;
  }

  private void addUp(List<Part> parts, int row, MemorySegment result) {
    double[] sums = new double[columns];
    float[] values = new float[columns];
    for (Part part : parts) {
      for (int from : side == NeuronOrder.Side.ROWS ? part.places[row] : new int[] {row}) {
        ElementDecoder.decode(type, rowOf(part.elements, from), MemorySegment.ofArray(values));
        if (side == NeuronOrder.Side.COLUMNS) {
          part.addColumns(values, sums);
        } else {
          part.addRow(row, values, sums);
        }
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
