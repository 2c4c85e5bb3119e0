package io.moetool.formats.family;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * Multi-head latent attention of one layer (DeepSeek-V2, arXiv 2405.04434): keys and values of all
 * heads are projected from one short vector per token, the latent, which is all that need be
 * remembered beside the rotated part of keys. That part is one vector per token, shared by all
 * heads; queries end in a rotated part of their own for each head. Values may be of another width
 * than keys.
 *
 * @param heads heads of queries, keys and values
 * @param queryRank width of what queries are projected from; empty where that is the hidden state
 *     itself
 * @param keyValueRank width of the latent
 * @param plainWidth width of the part of a head's queries and keys that is not rotated; it comes
 *     first
 * @param rotaryWidth width of the part that is rotated
 * @param valueWidth width of a head's values
 * @param scale factor on the products of queries and keys
 * @param downBias whether the projections to latents have biases; those from latents have none
 * @param outputBias whether the output projection has a bias
 * @param latentEpsilon epsilon of the RMS norms of latents, which is not that of the model's other
 *     norms
 * @param rope rotation of the rotated parts
 */
public record LatentAttention(
    int heads,
    OptionalInt queryRank,
    int keyValueRank,
    int plainWidth,
    int rotaryWidth,
    int valueWidth,
    double scale,
    boolean downBias,
    boolean outputBias,
    double latentEpsilon,
    Optional<Rope> rope)
    implements TokenMixer {

  /** Width of a head's queries and keys. */
  public int keyWidth() {
    return Math.addExact(plainWidth, rotaryWidth);
  }

  /** Width of all queries of a token. */
  public int queryWidth() {
    return Math.multiplyExact(heads, keyWidth());
  }

  /** Width of what attention yields for a token. */
  public int outputWidth() {
    return Math.multiplyExact(heads, valueWidth);
  }
}
