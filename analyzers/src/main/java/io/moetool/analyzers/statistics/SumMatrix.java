package io.moetool.analyzers.statistics;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** A {@code [rows, columns]} matrix of float64 sums. Immutable. */
public final class SumMatrix {
  private final int rows;
  private final int columns;
  private final double[] values;

  private SumMatrix(int rows, int columns, double[] values) {
    this.rows = rows;
    this.columns = columns;
    this.values = values;
  }

  /** Takes over row-major values, which the caller no longer changes. */
  static SumMatrix over(int rows, int columns, double[] values) {
    if (values.length != Math.multiplyExact(rows, columns)) {
      throw new IllegalArgumentException(
          "%d values for [%d,%d]".formatted(values.length, rows, columns));
    }
    return new SumMatrix(rows, columns, values);
  }

  /** Number of rows. */
  public int rows() {
    return rows;
  }

  /** Length of a row. */
  public int columns() {
    return columns;
  }

  /** One value. */
  public double get(int row, int column) {
    return values[Objects.checkIndex(row, rows) * columns + Objects.checkIndex(column, columns)];
  }

  /**
   * Where this matrix holds inner products of vectors: the cosine of two of them, within [-1, 1]; 0
   * if either is all zeros.
   */
  public double cosine(int i, int j) {
    double lengths = Math.sqrt(get(i, i)) * Math.sqrt(get(j, j));
    return lengths == 0 ? 0 : Math.clamp(get(i, j) / lengths, -1.0, 1.0);
  }

  /** Cosine of rows i and j, within [-1, 1]; 0 if either is all zeros. */
  public double cosineOfRows(int i, int j) {
    double product = 0;
    double first = 0;
    double second = 0;
    for (int column = 0; column < columns; column++) {
      product += get(i, column) * get(j, column);
      first += get(i, column) * get(i, column);
      second += get(j, column) * get(j, column);
    }
    double lengths = Math.sqrt(first) * Math.sqrt(second);
    return lengths == 0 ? 0 : Math.clamp(product / lengths, -1.0, 1.0);
  }

  /**
   * Two different rows of a square matrix.
   *
   * @param first the lower index
   * @param second the higher index
   * @param value what they were compared by
   */
  public record Pair(int first, int second, double value) {}

  /** A number for two rows. */
  @FunctionalInterface
  public interface PairValue {
    /** The number for rows {@code first} and {@code second}, the lower one first. */
    double of(int first, int second);
  }

  /** The pairs with the largest values, largest first; among equals those of lower rows first. */
  public List<Pair> largestPairs(int limit, PairValue value) {
    List<Pair> largest = new ArrayList<>();
    for (int i = 0; i < rows; i++) {
      for (int j = i + 1; j < rows; j++) {
        double found = value.of(i, j);
        if (largest.size() < limit || found > largest.getLast().value()) {
          int place = largest.size();
          while (place > 0 && largest.get(place - 1).value() < found) {
            place--;
          }
          largest.add(place, new Pair(i, j, found));
          if (largest.size() > limit) {
            largest.removeLast();
          }
        }
      }
    }
    return largest;
  }

  /** All values, row after row, not to be changed. */
  double[] values() {
    return values;
  }

  /** Row by row, the one whose first value is larger in magnitude; among equals this one's. */
  SumMatrix largerRows(SumMatrix other) {
    double[] larger = values.clone();
    for (int row = 0; row < rows; row++) {
      if (Math.abs(other.get(row, 0)) > Math.abs(get(row, 0))) {
        System.arraycopy(other.values, row * columns, larger, row * columns, columns);
      }
    }
    return over(rows, columns, larger);
  }

  SumMatrix plus(SumMatrix other) {
    double[] sums = new double[values.length];
    for (int i = 0; i < sums.length; i++) {
      sums[i] = values[i] + other.values[i];
    }
    return new SumMatrix(rows, columns, sums);
  }
}
