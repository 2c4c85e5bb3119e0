package io.moetool.transforms.plan;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a choice is made from.
 *
 * @param where what the scores were read from, for messages
 * @param fingerprint of the model that was scored
 * @param method how experts were scored
 * @param seed of methods that draw lots
 * @param domains weights of the domains of the data, in words; empty if all data counts alike
 * @param statistics what the scores were computed from; empty where weights alone were enough
 * @param layers one entry per layer with experts, ascending
 */
public record Evidence(
    String where,
    String fingerprint,
    String method,
    OptionalLong seed,
    Optional<String> domains,
    Optional<Plan.Statistics> statistics,
    List<LayerEvidence> layers) {
  public Evidence {
    layers = List.copyOf(layers);
  }
}
