package io.moetool.analyzers.statistics;

import io.moetool.formats.BadInputException;
import io.moetool.formats.family.Architecture;
import java.util.List;

/**
 * The model that statistics are about.
 *
 * @param fingerprint names weights and config
 * @param modelType {@code model_type} of the config
 * @param layers decoder layers, with or without experts
 * @param moeLayers indices of the layers that have experts, ascending
 * @param experts routed experts per such layer, E
 * @param expertsPerToken experts a token uses, K
 * @param hidden hidden size, H
 */
public record MeasuredModel(
    String fingerprint,
    String modelType,
    int layers,
    List<Integer> moeLayers,
    int experts,
    int expertsPerToken,
    int hidden) {
  public MeasuredModel {
    moeLayers = List.copyOf(moeLayers);
  }

  /** What statistics need to know about a checkpoint. */
  public static MeasuredModel of(Architecture architecture, String fingerprint) {
    return new MeasuredModel(
        fingerprint,
        architecture.modelType(),
        architecture.layers(),
        architecture.moe().layers(),
        architecture.moe().experts(),
        architecture.moe().routing().expertsPerToken(),
        architecture.hidden());
  }

  /**
   * Makes sure that these statistics are about a checkpoint.
   *
   * @param where what the statistics were read from, for messages
   * @param checkpointFingerprint fingerprint of the checkpoint
   * @throws BadInputException if they are about another one
   */
  public void requireFingerprint(String where, String checkpointFingerprint) {
    if (!fingerprint.equals(checkpointFingerprint)) {
      throw new BadInputException(
          where,
          "the statistics are of another model (%s; this one is %s)"
              .formatted(fingerprint, checkpointFingerprint),
          "analyze this model and name the folder that was written then");
    }
  }
}
