package io.moetool.transforms.plan;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a choice is made from.
 *
 * @param where what the scores were read from, for messages
 * @param method how experts were scored
 * @param seed of methods that draw lots
 * @param statistics what the scores were computed from; empty where weights alone were enough
 * @param layers one entry per layer with experts, ascending
 * @param superExperts experts that the model cannot do without, in any order
 */
public record Evidence(
    String where,
    String method,
    OptionalLong seed,
    Optional<Plan.Statistics> statistics,
    List<LayerEvidence> layers,
    List<SuperExpert> superExperts) {
  public Evidence {
    layers = List.copyOf(layers);
    superExperts = List.copyOf(superExperts);
  }

  /**
   * An expert with outputs far beyond those of all others.
   *
   * @param layer index in the model
   * @param expert index in the layer
   * @param maxAbs largest absolute output of its down projection
   */
  public record SuperExpert(int layer, int expert, double maxAbs) {}
}
