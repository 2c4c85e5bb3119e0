package io.moetool.transforms.validate;

import java.util.function.DoubleUnaryOperator;

/**
 * Where a value lies with the confidence of {@link Bootstrap}.
 *
 * @param low lower bound
 * @param high upper bound
 */
public record Interval(double low, double high) {
  /** Interval of an increasing function of the value. */
  Interval map(DoubleUnaryOperator increasing) {
    return new Interval(increasing.applyAsDouble(low), increasing.applyAsDouble(high));
  }
}
