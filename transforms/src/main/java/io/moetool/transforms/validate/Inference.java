package io.moetool.transforms.validate;

/**
 * How intervals and p-values were computed.
 *
 * @param confidence share of intervals that hold the true value
 * @param interval kind of interval
 * @param resamples drawn for an interval
 * @param test what the p-values are of
 * @param exactUpTo sequences up to which all sign flips are counted
 * @param flips drawn for a p-value above that
 * @param seed of both draws
 */
public record Inference(
    double confidence,
    String interval,
    int resamples,
    String test,
    int exactUpTo,
    int flips,
    long seed) {
  static final Inference USED =
      new Inference(
          Bootstrap.CONFIDENCE,
          "percentile bootstrap over sequences, within domains",
          Bootstrap.RESAMPLES,
          "two-sided sign-flip test of the sequences' loss differences",
          SignFlipTest.EXACT_UP_TO,
          SignFlipTest.FLIPS,
          Bootstrap.SEED);
}
