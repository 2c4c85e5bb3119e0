package io.moetool.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * A [rows, columns] matrix of float32 outside the Java heap: row-major, without gaps, in the
 * machine's byte order. It lives as long as the memory it lies in, and two matrices may share
 * memory.
 */
public final class FloatMatrix {
  private static final long ALIGNMENT = 64;
  private static final int SQUARE = 32;

  private final MemorySegment segment;
  private final int rows;
  private final int columns;

  private FloatMatrix(MemorySegment segment, int rows, int columns) {
    this.segment = segment;
    this.rows = rows;
    this.columns = columns;
  }

  /** A new matrix of zeros that starts on a 64 byte boundary. */
  public static FloatMatrix allocate(Arena arena, int rows, int columns) {
    return new FloatMatrix(arena.allocate(byteSize(rows, columns), ALIGNMENT), rows, columns);
  }

  /**
   * The matrix that {@code segment} holds, without copying.
   *
   * @throws IllegalArgumentException if the segment is not exactly {@code 4 * rows * columns} bytes
   */
  public static FloatMatrix over(MemorySegment segment, int rows, int columns) {
    if (segment.byteSize() != byteSize(rows, columns)) {
      throw new IllegalArgumentException(
          "float32 matrix [%d,%d] needs %d bytes, given %d"
              .formatted(rows, columns, byteSize(rows, columns), segment.byteSize()));
    }
    return new FloatMatrix(segment, rows, columns);
  }

  /** A new matrix with these rows, all of the same length. */
  public static FloatMatrix copyOf(Arena arena, float[]... rows) {
    int columns = rows.length == 0 ? 0 : rows[0].length;
    FloatMatrix matrix = allocate(arena, rows.length, columns);
    for (int row = 0; row < rows.length; row++) {
      if (rows[row].length != columns) {
        throw new IllegalArgumentException(
            "row 0 has %d values, row %d has %d".formatted(columns, row, rows[row].length));
      }
      MemorySegment.copy(rows[row], 0, matrix.row(row), Layouts.FLOAT, 0, columns);
    }
    return matrix;
  }

  private static long byteSize(int rows, int columns) {
    if (rows < 0 || columns < 0) {
      throw new IllegalArgumentException("negative extent in [%d,%d]".formatted(rows, columns));
    }
    return Math.multiplyExact(Float.BYTES, Math.multiplyExact((long) rows, (long) columns));
  }

  /** Number of rows. */
  public int rows() {
    return rows;
  }

  /** Length of a row. */
  public int columns() {
    return columns;
  }

  /** All values, row after row. */
  public MemorySegment segment() {
    return segment;
  }

  /** Row {@code index}, without copying: [columns] float32. */
  public MemorySegment row(int index) {
    Objects.checkIndex(index, rows);
    return segment.asSlice(offset(index, 0), (long) columns * Float.BYTES);
  }

  /** Rows {@code from} (inclusive) to {@code to} (exclusive), without copying. */
  public FloatMatrix rows(int from, int to) {
    Objects.checkFromToIndex(from, to, rows);
    return new FloatMatrix(
        segment.asSlice(offset(from, 0), byteSize(to - from, columns)), to - from, columns);
  }

  /** The value at {@code row}, {@code column}. */
  public float get(int row, int column) {
    return segment.get(Layouts.FLOAT, checkedOffset(row, column));
  }

  /** Replaces the value at {@code row}, {@code column}. */
  public void set(int row, int column, float value) {
    segment.set(Layouts.FLOAT, checkedOffset(row, column), value);
  }

  /** Sets every element to {@code value}. */
  public void fill(float value) {
    for (long offset = 0; offset < segment.byteSize(); offset += Float.BYTES) {
      segment.set(Layouts.FLOAT, offset, value);
    }
  }

  /**
   * Overwrites row {@code index} with a row of another matrix.
   *
   * @throws IllegalArgumentException if the rows differ in length
   */
  public void copyRowFrom(int index, FloatMatrix source, int sourceIndex) {
    if (source.columns != columns) {
      throw new IllegalArgumentException(
          "rows of %d values do not fit rows of %d".formatted(source.columns, columns));
    }
    MemorySegment.copy(source.row(sourceIndex), 0, row(index), 0, (long) columns * Float.BYTES);
  }

  /** A copy of row {@code index} on the heap: [columns]. */
  public float[] rowToArray(int index) {
    float[] values = new float[columns];
    copyRowTo(index, values);
    return values;
  }

  /** Copies row {@code index} into the first elements of {@code target}. */
  public void copyRowTo(int index, float[] target) {
    MemorySegment.copy(row(index), Layouts.FLOAT, 0, target, 0, columns);
  }

  /** Overwrites row {@code index} with the first elements of {@code source}. */
  public void setRow(int index, float[] source) {
    MemorySegment.copy(source, 0, row(index), Layouts.FLOAT, 0, columns);
  }

  /** A new matrix whose rows are the columns of this one. */
  public FloatMatrix transposed(Arena arena) {
    FloatMatrix result = allocate(arena, columns, rows);
    // Squares small enough that their rows and columns stay in the cache.
    for (int row = 0; row < rows; row += SQUARE) {
      for (int column = 0; column < columns; column += SQUARE) {
        transposeSquare(row, column, result);
      }
    }
    return result;
  }

  private void transposeSquare(int firstRow, int firstColumn, FloatMatrix result) {
    int lastColumn = Math.min(columns, firstColumn + SQUARE);
    for (int row = firstRow; row < Math.min(rows, firstRow + SQUARE); row++) {
      for (int column = firstColumn; column < lastColumn; column++) {
        result.segment.set(
            Layouts.FLOAT,
            result.offset(column, row),
            segment.get(Layouts.FLOAT, offset(row, column)));
      }
    }
  }

  private long checkedOffset(int row, int column) {
    return offset(Objects.checkIndex(row, rows), Objects.checkIndex(column, columns));
  }

  private long offset(int row, int column) {
    return ((long) row * columns + column) * Float.BYTES;
  }

  @Override
  public String toString() {
    return "float32[%d,%d]".formatted(rows, columns);
  }
}
