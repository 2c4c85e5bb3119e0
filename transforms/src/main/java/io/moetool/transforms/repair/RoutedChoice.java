package io.moetool.transforms.repair;

import io.moetool.kernels.ExactRouter;
import io.moetool.kernels.FloatMatrix;
import io.moetool.kernels.IntMatrix;
import io.moetool.runtime.run.SampledExperts;
import java.lang.foreign.Arena;

/**
 * The experts that a router gives every token of a sample, and their coefficients.
 *
 * @param experts {@code [n, K]}
 * @param coefficients {@code [n, K]}
 */
public record RoutedChoice(IntMatrix experts, FloatMatrix coefficients) {
  /** What the model itself chose. */
  public static RoutedChoice of(SampledExperts sample) {
    return new RoutedChoice(sample.selected(), sample.coefficients());
  }

  /** What another router makes of the same logits. */
  public static RoutedChoice by(ExactRouter router, Arena arena, SampledExperts sample) {
    int tokens = sample.inputs().rows();
    int perToken = router.spec().expertsPerToken();
    RoutedChoice choice =
        new RoutedChoice(
            IntMatrix.allocate(arena, tokens, perToken),
            FloatMatrix.allocate(arena, tokens, perToken));
    router.route(
        sample.routerLogits(),
        choice.experts(),
        choice.coefficients(),
        FloatMatrix.allocate(arena, tokens, sample.experts()));
    return choice;
  }

  /**
   * What an expert's output is multiplied by; 0 if it is not chosen.
   *
   * @param scalesInputs whether coefficients have multiplied the input, so that outputs are added
   *     as they are
   */
  public float factor(int token, int expert, boolean scalesInputs) {
    for (int rank = 0; rank < experts.columns(); rank++) {
      if (experts.get(token, rank) == expert) {
        return scalesInputs ? 1 : coefficients.get(token, rank);
      }
    }
    return 0;
  }

  /** Whether an expert is among those a token is given. */
  public boolean chooses(int token, int expert) {
    for (int rank = 0; rank < experts.columns(); rank++) {
      if (experts.get(token, rank) == expert) {
        return true;
      }
    }
    return false;
  }
}
