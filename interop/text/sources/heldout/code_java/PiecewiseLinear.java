package org.example.analysis;

import java.util.Arrays;

/**
 * A curve drawn by joining points with straight lines.
 * <p>
 * To the left of the first point and to the right of the last one, the curve runs level.
 * </p>
 */
public class PiecewiseLinear {
    /** Abscissas of the points, strictly increasing. */
    private final double[] x;

    /** Ordinates of the points. */
    private final double[] y;

    /**
     * Makes a curve from its points.
     *
     * @param x Abscissas, which must increase.
     * @param y Ordinates, as many as there are abscissas.
     * @throws IllegalArgumentException if the arrays are of different lengths, if there are no
     * points, or if two points stand one above the other.
     */
    public PiecewiseLinear(final double[] x, final double[] y) {
        if (x.length != y.length || x.length == 0) {
            throw new IllegalArgumentException(x.length + " abscissas, " + y.length + " ordinates");
        }
        for (int i = 1; i < x.length; i++) {
            if (!(x[i - 1] < x[i])) {
                throw new IllegalArgumentException("abscissas do not increase at index " + i);
            }
        }
        this.x = x.clone();
        this.y = y.clone();
    }

    /**
     * Evaluates the curve.
     *
     * @param at Where to evaluate it.
     * @return the height of the curve at that place.
     */
    public double value(final double at) {
        final int found = Arrays.binarySearch(x, at);
        if (found >= 0) {
            return y[found];
        }
        final int right = -found - 1;
        if (right == 0) {
            return y[0];
        }
        if (right == x.length) {
            return y[x.length - 1];
        }
        final double part = (at - x[right - 1]) / (x[right] - x[right - 1]);
        return y[right - 1] + part * (y[right] - y[right - 1]);
    }

    /**
     * Computes the area between the curve and the axis, from the first point to the last.
     *
     * @return the area, in which parts below the axis count as negative.
     */
    public double area() {
        double sum = 0;
        for (int i = 1; i < x.length; i++) {
            sum += (x[i] - x[i - 1]) * (y[i] + y[i - 1]) / 2;
        }
        return sum;
    }

    /**
     * Finds the first place where the curve crosses the axis.
     *
     * @return the abscissa of the crossing, or {@code NaN} if there is none.
     */
    public double firstRoot() {
        for (int i = 0; i < x.length; i++) {
            if (y[i] == 0) {
                return x[i];
            }
            if (i > 0 && y[i - 1] * y[i] < 0) {
                return x[i - 1] - y[i - 1] * (x[i] - x[i - 1]) / (y[i] - y[i - 1]);
            }
        }
        return Double.NaN;
    }
}
