package io.moetool.formats.family;

import java.util.Optional;
import java.util.OptionalInt;

/** The latent attention that a family's data file and a config describe together. */
final class LatentAttentionReader {
  private static final String ATTENTION = "attention";
  private static final String ROPE = "rope";

  private final FamilyValues values;
  private final RopeConfig rotation;

  LatentAttentionReader(ModelConfig config, FamilyValues values) {
    this.values = values;
    this.rotation = new RopeConfig(config);
  }

  LatentAttention read() {
    int plainWidth = values.count(ATTENTION, "plainWidth");
    int rotaryWidth = values.count(ATTENTION, "rotaryWidth");
    return new LatentAttention(
        values.count(ATTENTION, "heads"),
        values
            .optionalCount(ATTENTION, "queryRank")
            .map(OptionalInt::of)
            .orElse(OptionalInt.empty()),
        values.count(ATTENTION, "keyValueRank"),
        plainWidth,
        rotaryWidth,
        values.count(ATTENTION, "valueWidth"),
        rotation.softmaxFactor() / Math.sqrt(Math.addExact(plainWidth, rotaryWidth)),
        values.flag(ATTENTION, "projectionBias"),
        values.flag(ATTENTION, "outputBias"),
        values.number(ATTENTION, "latentEpsilon"),
        Optional.of(
            rotation.read(
                values.flag(ROPE, "interleaved") ? Rope.Layout.INTERLEAVED : Rope.Layout.HALF,
                values.number(ROPE, "defaultTheta"),
                1,
                rotaryWidth)));
  }
}
