package io.moetool.analyzers.statistics;

/**
 * How many tokens all experts were run on.
 *
 * @param tokens tokens of the sample
 * @param lossTokens those of them that losses were measured on
 * @param setTokens those of them that every set of experts was taken away from; 0 if none was
 * @param similarityTokens those of them that CKA was computed over
 * @param passes passes over data whose samples were added; what is no sum is known of one pass only
 */
public record SampleExtent(
    long tokens, long lossTokens, long setTokens, long similarityTokens, int passes) {
  /** Nothing was sampled. */
  static final SampleExtent NONE = new SampleExtent(0, 0, 0, 0, 0);

  /** Whether what is no sum is known. */
  public boolean ofOnePass() {
    return passes == 1;
  }

  SampleExtent plus(SampleExtent other) {
    return new SampleExtent(
        Math.addExact(tokens, other.tokens),
        Math.addExact(lossTokens, other.lossTokens),
        0,
        0,
        Math.addExact(passes, other.passes));
  }
}
