package io.moetool.analyzers.statistics;

import io.moetool.formats.BadInputException;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.Encoder;
import java.util.List;
import java.util.OptionalInt;

/**
 * The model that statistics are about.
 *
 * @param fingerprint names weights and config
 * @param modelType {@code model_type} of the config
 * @param layers all layers, with or without experts; those of an encoder come first
 * @param encoderLayers how many of them read a source; 0 in models without an encoder
 * @param moeLayers indices of the layers that have experts, ascending
 * @param experts routed experts per such layer, E
 * @param expertsPerToken experts a token uses, K
 * @param expertCapacity tokens of a sequence that an expert takes; empty where it takes them all
 * @param hidden hidden size, H
 */
public record MeasuredModel(
    String fingerprint,
    String modelType,
    int layers,
    int encoderLayers,
    List<Integer> moeLayers,
    int experts,
    int expertsPerToken,
    OptionalInt expertCapacity,
    int hidden) {
  public MeasuredModel {
    moeLayers = List.copyOf(moeLayers);
  }

  /** A model without an encoder, whose experts take all tokens that choose them. */
  public static MeasuredModel ofDecoder(
      String fingerprint,
      String modelType,
      int layers,
      List<Integer> moeLayers,
      int experts,
      int expertsPerToken,
      int hidden) {
    return new MeasuredModel(
        fingerprint,
        modelType,
        layers,
        0,
        moeLayers,
        experts,
        expertsPerToken,
        OptionalInt.empty(),
        hidden);
  }

  /** What statistics need to know about a checkpoint. */
  public static MeasuredModel of(Architecture architecture, String fingerprint) {
    return new MeasuredModel(
        fingerprint,
        architecture.modelType(),
        architecture.layers(),
        architecture.encoder().map(Encoder::layers).orElse(0),
        architecture.moe().layers(),
        architecture.moe().experts(),
        architecture.moe().routing().expertsPerToken(),
        architecture.moe().capacity(),
        architecture.hidden());
  }

  /** Whether a layer is the encoder's, and so sees the sources of the data and not its texts. */
  public boolean readsSource(int layer) {
    return layer < encoderLayers;
  }

  /** The same model as if one layer alone had experts. */
  MeasuredModel ofLayer(int layer) {
    return new MeasuredModel(
        fingerprint,
        modelType,
        layers,
        encoderLayers,
        List.of(layer),
        experts,
        expertsPerToken,
        expertCapacity,
        hidden);
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
