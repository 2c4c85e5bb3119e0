package io.moetool.transforms.plan;

import java.util.List;

/**
 * What is done to the experts that stay to make up for those that go.
 *
 * @param kind {@value #SCALAR}, {@value #ROUTER} or {@value #LEAST_SQUARES}
 * @param dataFingerprint fingerprint of the data it was fitted on
 * @param tokens tokens of it that it was fitted on
 * @param layers one entry per layer with experts, ascending
 */
public record Repair(String kind, String dataFingerprint, long tokens, List<Layer> layers) {
  /** One factor a layer on the outputs of its experts. */
  public static final String SCALAR = "scalar";

  /** Combinations of a layer's router rows added to those of the experts that stay. */
  public static final String ROUTER = "router";

  /**
   * The last projections of merged experts, fitted to what their members added. The plan does not
   * hold them: they are fitted when it is carried out.
   */
  public static final String LEAST_SQUARES = "least-squares";

  public Repair {
    layers = List.copyOf(layers);
  }

  /**
   * The repair of one layer.
   *
   * @param layer index in the model
   * @param scale what the outputs of its experts are multiplied by; 1 where that is not the repair
   * @param rows by stored expert, ascending, factors on the rows of all the source's experts in the
   *     router, whose sum is added to the expert's own row; empty if rows stay as they are
   * @param errorBefore squared error of what its experts (its merged experts, where projections are
   *     fitted, each on its own) add, as a share of that, on the tokens it was fitted on, with the
   *     inputs of the unchanged model
   * @param errorAfter the same after the repair, before rounding
   */
  public record Layer(
      int layer, Double scale, List<List<Double>> rows, Double errorBefore, Double errorAfter) {
    public Layer {
      rows = rows.stream().map(List::copyOf).toList();
    }
  }

  /** Whether it changes more than the plan itself says. */
  public boolean fitsProjections() {
    return kind.equals(LEAST_SQUARES);
  }

  /** Mean over layers of the error before. */
  public double meanErrorBefore() {
    return layers.stream().mapToDouble(Layer::errorBefore).average().orElse(0);
  }

  /** Mean over layers of the error after. */
  public double meanErrorAfter() {
    return layers.stream().mapToDouble(Layer::errorAfter).average().orElse(0);
  }
}
