package io.moetool.formats.family;

import java.util.List;

/**
 * The mixture-of-experts blocks of a model. Experts are SiLU-gated: {@code down(silu(gate x) * up x)}.
 *
 * @param layers indices of the layers that have such a block, ascending
 * @param experts routed experts per block
 * @param expertWidth width between an expert's projections
 * @param routing how tokens find their experts
 */
public record MoeBlock(List<Integer> layers, int experts, int expertWidth, Routing routing) {
  public MoeBlock {
    layers = List.copyOf(layers);
  }

  /** Parameters of one expert in a model of this hidden size. */
  public long parametersPerExpert(int hidden) {
    return 3L * hidden * expertWidth;
  }
}
