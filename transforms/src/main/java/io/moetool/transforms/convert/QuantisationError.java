package io.moetool.transforms.convert;

/** What rounding to integers did to weights, added up in the order they are written. */
final class QuantisationError {
  private double squares;
  private double squaredErrors;
  private double mostSteps;

  /** Counts a weight, what stands for it, and the scale of its integer. */
  void add(float weight, float stored, float scale) {
    double error = (double) weight - stored;
    squares += (double) weight * weight;
    squaredErrors += error * error;
    if (scale > 0) {
      mostSteps = Math.max(mostSteps, Math.abs(error) / scale);
    }
  }

  /** Root of the mean squared error by that of the mean squared weight; 0 if there was none. */
  double relative() {
    return squares == 0 ? 0 : Math.sqrt(squaredErrors / squares);
  }

  /** The largest error in scales, which rounding keeps to a half. */
  double mostSteps() {
    return mostSteps;
  }
}
