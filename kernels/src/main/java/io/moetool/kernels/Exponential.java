package io.moetool.kernels;

/**
 * exp(x) for x ≤ 0 in float64, from additions and multiplications alone, so that every machine and the
 * vector twin get the same bits. Within 2 units in the last place above -708; everything below counts as
 * -708, where exp is 3e-308.
 *
 * <p>x = k·log 2 + r with |r| ≤ log(2)/2, exp(x) = 2^k·exp(r); exp(r) is its Taylor polynomial of degree
 * 13, whose remainder is below 5e-18.
 */
final class Exponential {
  static final double LOWEST = -708;
  static final double LOG2_E = 0x1.71547652b82fep0;

  /** Leading bits of log 2, few enough that k·LOG_2_HIGH is exact. */
  static final double LOG_2_HIGH = 0x1.62e42feep-1;

  static final double LOG_2_LOW = 0x1.a39ef35793c76p-33;

  /** Adding it rounds a small number to an integer, which then lies in the lowest bits. */
  static final double ROUNDER = 0x1.8p52;

  /** 1/13!, 1/12!, …, 1/1!, 1/0!. */
  private static final double[] COEFFICIENTS = inverseFactorials();

  private Exponential() {}

  /** Coefficient of r^(13 - index). */
  static double coefficient(int index) {
    return COEFFICIENTS[index];
  }

  /** Number of coefficients. */
  static int coefficients() {
    return COEFFICIENTS.length;
  }

  /** exp(x) for x ≤ 0; NaN for NaN. */
  static double of(double x) {
    double bounded = Math.max(x, LOWEST);
    double rounded = bounded * LOG2_E + ROUNDER;
    double k = rounded - ROUNDER;
    double r = bounded - k * LOG_2_HIGH - k * LOG_2_LOW;
    double sum = COEFFICIENTS[0];
    for (int index = 1; index < COEFFICIENTS.length; index++) {
      sum = sum * r + COEFFICIENTS[index];
    }
    double powerOfTwo = Double.longBitsToDouble((Double.doubleToRawLongBits(rounded) + 1023) << 52);
    return sum * powerOfTwo;
  }

  private static double[] inverseFactorials() {
    double[] inverse = new double[14];
    long factorial = 1;
    for (int n = 0; n < inverse.length; n++) {
      factorial *= Math.max(n, 1);
      inverse[inverse.length - 1 - n] = 1.0 / factorial;
    }
    return inverse;
  }
}
