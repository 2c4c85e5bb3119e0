package io.moetool.analyzers.reconstruction;

/** Some tokens that were routed again without some experts. */
final class Rerouted {
  private final int[] tokens;
  private final int[][] chosen;
  private final double[] losses;

  /**
   * Takes over arrays of one entry a token.
   *
   * @param tokens which, ascending
   * @param chosen their experts now
   * @param losses their losses
   */
  Rerouted(int[] tokens, int[][] chosen, double[] losses) {
    this.tokens = tokens;
    this.chosen = chosen;
    this.losses = losses;
  }

  /** How many tokens there are. */
  int count() {
    return tokens.length;
  }

  /** Which token the i-th is. */
  int token(int i) {
    return tokens[i];
  }

  /** Experts of the i-th token, not to be changed. */
  int[] chosen(int i) {
    return chosen[i];
  }

  /** Loss of the i-th token. */
  double loss(int i) {
    return losses[i];
  }

  /** Sum of the losses, in the order of the tokens. */
  double total() {
    double sum = 0;
    for (double loss : losses) {
      sum += loss;
    }
    return sum;
  }
}
