package io.moetool.formats.family;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The mixture-of-experts blocks of a model.
 *
 * @param layers indices of the layers that have such a block, ascending
 * @param experts routed experts per block
 * @param fewestExperts least number of them with which the family's readers see such a block
 * @param expert what each of them is
 * @param routing how tokens find their experts
 * @param routerBias whether a bias is added to the router's logits
 * @param capacity how many tokens of a sequence an expert takes, the first that choose it; empty
 *     where it takes all
 * @param shared the expert that every token uses beside the routed ones, if there is one
 */
public record MoeBlock(
    List<Integer> layers,
    int experts,
    int fewestExperts,
    RoutedExpert expert,
    RouterSpec routing,
    boolean routerBias,
    OptionalInt capacity,
    Optional<SharedExpert> shared) {
  public MoeBlock {
    layers = List.copyOf(layers);
  }

  /** Least number of experts that makes such a block and serves a token. */
  public int fewestUsable() {
    return Math.max(fewestExperts, routing.expertsPerToken());
  }

  /** Extent between an expert's projections, I. */
  public int expertWidth() {
    return expert.width();
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
}
