package io.moetool.analyzers.statistics;

/** A symmetric matrix of float64 sums that grows, {@code [E, E]}. */
final class PairSums {
  private final int experts;

  /** Row i holds columns i and above; the rest follows by symmetry. */
  private final double[] upper;

  PairSums(int experts) {
    this.experts = experts;
    this.upper = new double[Math.multiplyExact(experts, experts + 1) / 2];
  }

  /** Counts a value in for two experts, in either order, or for one. */
  void add(int i, int j, double value) {
    upper[place(Math.min(i, j), Math.max(i, j))] += value;
  }

  /** Counts other sums in. */
  void add(PairSums other) {
    for (int place = 0; place < upper.length; place++) {
      upper[place] += other.upper[place];
    }
  }

  SumMatrix toMatrix() {
    double[] values = new double[Math.multiplyExact(experts, experts)];
    for (int i = 0; i < experts; i++) {
      for (int j = i; j < experts; j++) {
        values[i * experts + j] = upper[place(i, j)];
        values[j * experts + i] = upper[place(i, j)];
      }
    }
    return SumMatrix.over(experts, experts, values);
  }

  private int place(int row, int column) {
    return row * experts - row * (row - 1) / 2 + column - row;
  }
}
