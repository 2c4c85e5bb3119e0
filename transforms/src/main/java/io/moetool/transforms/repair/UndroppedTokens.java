package io.moetool.transforms.repair;

import io.moetool.formats.BadInputException;
import io.moetool.formats.family.Architecture;

/** Refuses to fit anything on data of models whose experts drop tokens. */
public final class UndroppedTokens {
  private UndroppedTokens() {}

  /**
   * Passes if experts take all tokens that choose them.
   *
   * @throws BadInputException if they take so many of a sequence: which ones others would take in
   *     the place of an expert that goes, nobody who looks at a sample of the tokens can say
   */
  public static void require(Architecture architecture) {
    if (architecture.moe().capacity().isPresent()) {
      throw new BadInputException(
          "family " + architecture.family(),
          "nothing is fitted on data where experts take %d tokens of a sequence and drop the others"
              .formatted(architecture.moe().capacity().getAsInt()),
          "prune or merge without --repair; evaluate says what it costs");
    }
  }
}
