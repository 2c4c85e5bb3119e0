package io.moetool.transforms.plan;

import java.util.List;

/**
 * What is done to the experts that stay to make up for those that go.
 *
 * @param kind {@value #SCALAR}
 * @param dataFingerprint fingerprint of the data it was fitted on
 * @param tokens tokens of it that it was fitted on
 * @param layers one entry per layer with experts, ascending
 */
public record Repair(String kind, String dataFingerprint, long tokens, List<Layer> layers) {
  /** One factor a layer on the outputs of its experts. */
  public static final String SCALAR = "scalar";

  public Repair {
    layers = List.copyOf(layers);
  }

  /**
   * The repair of one layer.
   *
   * @param layer index in the model
   * @param scale what the outputs of its experts are multiplied by
   * @param errorBefore squared error of what its experts add together, as a share of that, on the
   *     tokens it was fitted on, with the inputs of the unchanged model
   * @param errorAfter the same after the repair, before rounding
   */
  public record Layer(int layer, Double scale, Double errorBefore, Double errorAfter) {}

  /** Mean over layers of the error before. */
  public double meanErrorBefore() {
    return layers.stream().mapToDouble(Layer::errorBefore).average().orElse(0);
  }

  /** Mean over layers of the error after. */
  public double meanErrorAfter() {
    return layers.stream().mapToDouble(Layer::errorAfter).average().orElse(0);
  }
}
