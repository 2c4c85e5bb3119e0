package io.moetool.analyzers.routing;

import java.util.Arrays;

/** Shares that add up to 1, and how far apart two of them are. */
final class Distribution {
  private final double[] shares;

  private Distribution(double[] shares) {
    this.shares = shares;
  }

  /** Counts divided by their sum; all zeros if that is 0. */
  static Distribution of(double[] counts) {
    double total = Arrays.stream(counts).sum();
    return new Distribution(
        Arrays.stream(counts).map(count -> total == 0 ? 0 : count / total).toArray());
  }

  /** A copy of the shares. */
  double[] shares() {
    return shares.clone();
  }

  /** The largest share. */
  double largest() {
    return Arrays.stream(shares).max().orElse(0);
  }

  /**
   * -Σ p log₂ p: log₂ of the number of experts if all are used alike, 0 if one takes everything.
   */
  double entropyBits() {
    double sum = 0;
    for (double share : shares) {
      if (share > 0) {
        sum -= share * Math.log(share) / Math.log(2);
      }
    }
    return sum;
  }

  /**
   * Jensen–Shannon divergence in bits: 0 of equal distributions, 1 of those that share no expert.
   * The entropy of the mean minus the mean of the entropies.
   */
  double divergenceBits(Distribution other) {
    double[] mean = new double[shares.length];
    for (int i = 0; i < mean.length; i++) {
      mean[i] = (shares[i] + other.shares[i]) / 2;
    }
    double bits = new Distribution(mean).entropyBits() - (entropyBits() + other.entropyBits()) / 2;
    return Math.clamp(bits, 0, 1);
  }
}
