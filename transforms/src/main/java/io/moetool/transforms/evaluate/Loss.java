package io.moetool.transforms.evaluate;

/**
 * Loss over some text.
 *
 * @param tokens predicted tokens
 * @param meanNll nats per predicted token
 * @param perplexity {@code exp(meanNll)}
 */
public record Loss(long tokens, double meanNll, double perplexity) {
  /** The loss of {@code tokens} predicted tokens that add up to {@code sum} nats. */
  public static Loss of(long tokens, double sum) {
    double mean = sum / tokens;
    return new Loss(tokens, mean, Math.exp(mean));
  }
}
