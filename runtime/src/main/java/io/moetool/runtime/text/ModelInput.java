package io.moetool.runtime.text;

import io.moetool.formats.BadInputException;
import io.moetool.formats.family.Architecture;
import java.util.OptionalInt;

/**
 * What a model reads.
 *
 * @param vocabulary token ids are below it
 * @param maxPositions longest sequence the model was made for
 * @param decoderStart the token that a decoder's text begins with, in models whose encoder reads a
 *     source; empty in models without an encoder
 */
public record ModelInput(int vocabulary, int maxPositions, OptionalInt decoderStart) {
  /** Input of a model without an encoder. */
  public static ModelInput ofText(int vocabulary, int maxPositions) {
    return new ModelInput(vocabulary, maxPositions, OptionalInt.empty());
  }

  /** Input of a checkpoint. */
  public static ModelInput of(Architecture architecture) {
    return new ModelInput(
        architecture.vocabulary(),
        architecture.maxPositions(),
        architecture
            .encoder()
            .map(e -> OptionalInt.of(e.decoderStart()))
            .orElse(OptionalInt.empty()));
  }

  /** Whether an encoder reads a source before the text is predicted. */
  public boolean hasSource() {
    return decoderStart.isPresent();
  }

  /**
   * Input that another model reads too: sequences that are long for neither.
   *
   * @throws BadInputException if only one of them reads a source, or their decoders begin with
   *     different tokens
   */
  public ModelInput sharedWith(ModelInput other) {
    if (!decoderStart.equals(other.decoderStart)) {
      throw new BadInputException(
          "candidate",
          hasSource() == other.hasSource()
              ? "its decoder begins with token %d, the base's with %d"
                  .formatted(other.decoderStart.orElseThrow(), decoderStart.orElseThrow())
              : "it %s an encoder that reads a source, the base %s"
                  .formatted(
                      other.hasSource() ? "has" : "lacks", hasSource() ? "has one" : "has none"),
          "compare a model with what was made from it");
    }
    return new ModelInput(vocabulary, Math.min(maxPositions, other.maxPositions), decoderStart);
  }
}
