package io.moetool.kernels;

/**
 * exp(x) for x ≤ 0 in float64, from additions and multiplications alone, so that every machine and
 * the vector twin get the same bits. Within 2 units in the last place above -708; everything below
 * counts as -708, where exp is 3e-308.
 *
 * <p>x = k·log 2 + r with |r| ≤ log(2)/2, exp(x) = 2^k·exp(r); exp(r) is its Taylor polynomial of
 * degree 13, whose remainder is below 5e-18.
 */
final class Exponential {
  static final double LOWEST = -708;
  static final double LOG2_E = 0x1.71547652b82fep0;

  /** Leading bits of log 2, few enough that k·LOG_2_HIGH is exact. */
  static final double LOG_2_HIGH = 0x1.62e42feep-1;

  static final double LOG_2_LOW = 0x1.a39ef35793c76p-33;

  /** Adding it rounds a small number to an integer, which then lies in the lowest bits. */
  static final double ROUNDER = 0x1.8p52;

  // Coefficients of r^n, 1/n!; those of r and 1 are 1. Spelt out, so that compilers see constants.
  static final double C13 = 1 / 6227020800.0;
  static final double C12 = 1 / 479001600.0;
  static final double C11 = 1 / 39916800.0;
  static final double C10 = 1 / 3628800.0;
  static final double C9 = 1 / 362880.0;
  static final double C8 = 1 / 40320.0;
  static final double C7 = 1 / 5040.0;
  static final double C6 = 1 / 720.0;
  static final double C5 = 1 / 120.0;
  static final double C4 = 1 / 24.0;
  static final double C3 = 1 / 6.0;
  static final double C2 = 1 / 2.0;

  private Exponential() {}

  /** exp(x) for x ≤ 0; NaN for NaN. */
  static double of(double x) {
    double bounded = Math.max(x, LOWEST);
    double rounded = bounded * LOG2_E + ROUNDER;
    double k = rounded - ROUNDER;
    double r = bounded - k * LOG_2_HIGH - k * LOG_2_LOW;
    double sum = C13;
    sum = sum * r + C12;
    sum = sum * r + C11;
    sum = sum * r + C10;
    sum = sum * r + C9;
    sum = sum * r + C8;
    sum = sum * r + C7;
    sum = sum * r + C6;
    sum = sum * r + C5;
    sum = sum * r + C4;
    sum = sum * r + C3;
    sum = sum * r + C2;
    sum = sum * r + 1;
    sum = sum * r + 1;
    double powerOfTwo = Double.longBitsToDouble((Double.doubleToRawLongBits(rounded) + 1023) << 52);
    return sum * powerOfTwo;
  }
}
