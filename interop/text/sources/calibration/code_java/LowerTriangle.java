package org.example.linear;

import java.util.Arrays;

/**
 * A square table of numbers in which nothing stands above the main diagonal.
 * <p>
 * The rows are kept one after another in a single array, so that a table of {@code n} rows needs
 * only {@code n (n + 1) / 2} numbers.
 * </p>
 *
 * @since 1.1
 */
public class LowerTriangle {
    /** Number of rows, which is also the number of columns. */
    private final int order;

    /** The rows, from the shortest to the longest. */
    private final double[] packed;

    /**
     * Makes a table filled with zeros.
     *
     * @param order Number of rows.
     * @throws IllegalArgumentException if there is not at least one row.
     */
    public LowerTriangle(final int order) {
        if (order < 1) {
            throw new IllegalArgumentException("a table needs a row, but order is " + order);
        }
        this.order = order;
        this.packed = new double[offset(order)];
    }

    /**
     * Splits a symmetric positive definite table into a triangle and its transpose, after Cholesky.
     *
     * @param a Rows of the symmetric table; only the lower half is read.
     * @return the triangle {@code L} for which {@code L} times its transpose is {@code a}.
     * @throws ArithmeticException if {@code a} is not positive definite.
     */
    public static LowerTriangle decompose(final double[][] a) {
        final LowerTriangle l = new LowerTriangle(a.length);
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j <= i; j++) {
                double sum = a[i][j];
                for (int k = 0; k < j; k++) {
                    sum -= l.get(i, k) * l.get(j, k);
                }
                if (i > j) {
                    l.set(i, j, sum / l.get(j, j));
                } else if (sum > 0) {
                    l.set(i, i, Math.sqrt(sum));
                } else {
                    throw new ArithmeticException("pivot of row " + i + " is " + sum);
                }
            }
        }
        return l;
    }

    /**
     * Reads one number of the table.
     *
     * @param row Row, counted from zero.
     * @param column Column, counted from zero.
     * @return the number, which is zero above the diagonal.
     */
    public double get(final int row, final int column) {
        check(row, column);
        return column > row ? 0 : packed[offset(row) + column];
    }

    /**
     * Writes one number of the table.
     *
     * @param row Row, counted from zero.
     * @param column Column, counted from zero.
     * @param value Number to write.
     * @throws IllegalArgumentException if the place is above the diagonal.
     */
    public void set(final int row, final int column, final double value) {
        check(row, column);
        if (column > row) {
            throw new IllegalArgumentException("(" + row + ", " + column + ") is above the diagonal");
        }
        packed[offset(row) + column] = value;
    }

    /**
     * Solves {@code L x = b} by working down the rows.
     *
     * @param b Right-hand side, which is not changed.
     * @return the solution {@code x}.
     * @throws IllegalArgumentException if the length of {@code b} is not the order of the table.
     */
    public double[] solve(final double[] b) {
        if (b.length != order) {
            throw new IllegalArgumentException("expected " + order + " numbers, got " + b.length);
        }
        final double[] x = b.clone();
        for (int i = 0; i < order; i++) {
            for (int j = 0; j < i; j++) {
                x[i] -= get(i, j) * x[j];
            }
            x[i] /= get(i, i);
        }
        return x;
    }

    /**
     * Computes the product of the numbers on the diagonal.
     *
     * @return the determinant.
     */
    public double determinant() {
        double product = 1;
        for (int i = 0; i < order; i++) {
            product *= get(i, i);
        }
        return product;
    }

    @Override
    public boolean equals(final Object other) {
        return other instanceof LowerTriangle
            && Arrays.equals(packed, ((LowerTriangle) other).packed);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(packed);
    }

    /** Where a row begins in the packed array. */
    private static int offset(final int row) {
        return Math.multiplyExact(row, row + 1) / 2;
    }

    private void check(final int row, final int column) {
        if (row < 0 || row >= order || column < 0 || column >= order) {
            throw new IndexOutOfBoundsException("no place (" + row + ", " + column + ")");
        }
    }
}
