package io.moetool.runtime.run;

import io.moetool.runtime.text.SequenceData;
import java.util.Optional;

/**
 * Which tokens every expert is run on. Layers of an encoder see sources, all others texts.
 *
 * @param ofTexts some of the texts' tokens
 * @param ofSources some of the sources' tokens, in data for models whose encoder reads them
 */
public record SampledTokens(TokenSample ofTexts, Optional<TokenSample> ofSources) {

  /** At most {@code limit} tokens of all texts, and as many of all sources. */
  public static SampledTokens evenly(SequenceData data, int limit) {
    return new SampledTokens(
        TokenSample.evenly(data, limit),
        data.sourceTokens() == 0
            ? Optional.empty()
            : Optional.of(TokenSample.evenly(data.sourcesAlone(), limit)));
  }

  /** The most that a layer sees of them; with this limit the same tokens are chosen again. */
  public int most() {
    return Math.max(ofTexts.tokens(), ofSources.map(TokenSample::tokens).orElse(0));
  }
}
