package io.moetool.formats.family;

/**
 * How tokens find their experts: softmax over all router logits, the {@code expertsPerToken} largest.
 *
 * @param expertsPerToken experts a token uses
 * @param renormalise whether the chosen probabilities are divided by their sum
 */
public record Routing(int expertsPerToken, boolean renormalise) {

  /**
   * Whether removing an expert that a token does not choose leaves the token's coefficients as they are.
   * With raw softmax weights every removal shrinks the denominator, so the remaining weights grow.
   */
  public boolean isInvariantUnderRemoval() {
    return renormalise;
  }
}
