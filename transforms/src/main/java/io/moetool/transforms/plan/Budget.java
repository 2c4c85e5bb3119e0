package io.moetool.transforms.plan;

/**
 * How what may stay is divided among the layers. A checkpoint states one number of experts for all
 * layers, so anything but {@link Uniform} needs a family whose routers can be told never to choose
 * an expert.
 */
public sealed interface Budget {

  /** The same number in every layer. */
  record Uniform() implements Budget {
    @Override
    public String toString() {
      return "uniform";
    }
  }

  /**
   * Of all layers together those experts go whose scores are lowest, as a share of the mean
   * magnitude of their layer's scores: scores grow with depth, so raw ones would empty the first
   * layers.
   *
   * @param floor experts that stay in every layer at least
   */
  record Global(int floor) implements Budget {
    @Override
    public String toString() {
      return "global, at least %d in every layer".formatted(floor);
    }
  }

  /**
   * In each layer so many go, those with the lowest scores, that the forecast damages add up to the
   * least; found exactly. What goes at a larger total need not include what goes at a smaller one.
   *
   * @param floor experts that stay in every layer at least
   */
  record Damage(int floor) implements Budget {
    @Override
    public String toString() {
      return "least damage, at least %d in every layer".formatted(floor);
    }
  }
}
