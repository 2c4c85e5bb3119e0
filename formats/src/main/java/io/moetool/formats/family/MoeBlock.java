package io.moetool.formats.family;

import java.util.List;
import java.util.Optional;

/**
 * The mixture-of-experts blocks of a model. Experts are SiLU-gated: {@code down(silu(gate x) * up
 * x)}.
 *
 * @param layers indices of the layers that have such a block, ascending
 * @param experts routed experts per block
 * @param expertWidth width between an expert's projections
 * @param routing how tokens find their experts
 * @param shared the expert that every token uses beside the routed ones, if there is one
 */
public record MoeBlock(
    List<Integer> layers,
    int experts,
    int expertWidth,
    RouterSpec routing,
    Optional<SharedExpert> shared) {
  public MoeBlock {
    layers = List.copyOf(layers);
  }

  /**
   * An expert that every token uses. Several shared experts are stored, and computed, as one wide
   * one.
   *
   * @param count number of shared experts it stands for
   * @param width width between its projections
   * @param gated whether its output is multiplied by a sigmoid gate of its own
   */
  public record SharedExpert(int count, int width, boolean gated) {}

  /** Parameters of one routed expert in a model of this hidden size. */
  public long parametersPerExpert(int hidden) {
    return 3L * hidden * expertWidth;
  }
}
