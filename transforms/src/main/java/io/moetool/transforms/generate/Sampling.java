package io.moetool.transforms.generate;

import java.util.Comparator;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * How the next token is chosen.
 *
 * @param temperature what logits are divided by; 0 takes the most likely token, of equal ones that
 *     with the lowest id
 * @param topP tokens are drawn from the fewest most likely ones whose probabilities add up to it
 *     (Holtzman et al. 2020); 1 for all tokens
 * @param seed of the draws
 */
public record Sampling(double temperature, double topP, long seed) {
  /** The most likely token each time. */
  public static final Sampling GREEDY = new Sampling(0, 1, 0);

  /** Whether anything is left to chance. */
  public boolean isRandom() {
    return temperature > 0;
  }

  /** The next token. */
  public int choose(float[] logits, SplittableRandom random) {
    int best = mostLikely(logits);
    return isRandom() ? draw(probabilities(logits, logits[best]), random) : best;
  }

  private static int mostLikely(float[] logits) {
    int best = 0;
    for (int token = 1; token < logits.length; token++) {
      if (logits[token] > logits[best]) {
        best = token;
      }
    }
    return best;
  }

  private double[] probabilities(float[] logits, double largest) {
    double[] probabilities = new double[logits.length];
    double sum = 0;
    for (int token = 0; token < logits.length; token++) {
      probabilities[token] = Math.exp((logits[token] - largest) / temperature);
      sum += probabilities[token];
    }
    for (int token = 0; token < logits.length; token++) {
      probabilities[token] /= sum;
    }
    return probabilities;
  }

  private int draw(double[] probabilities, SplittableRandom random) {
    int[] ranked =
        IntStream.range(0, probabilities.length)
            .boxed()
            .sorted(Comparator.comparingDouble((Integer token) -> -probabilities[token]))
            .mapToInt(token -> token)
            .toArray();
    int count = 0;
    double mass = 0;
    while (count < ranked.length && (count == 0 || mass < topP)) {
      mass += probabilities[ranked[count++]];
    }
    double point = random.nextDouble() * mass;
    int rank = 0;
    for (double passed = probabilities[ranked[0]]; passed <= point && rank < count - 1; ) {
      passed += probabilities[ranked[++rank]];
    }
    return ranked[rank];
  }
}
