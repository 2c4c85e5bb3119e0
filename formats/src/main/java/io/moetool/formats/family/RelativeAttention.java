package io.moetool.formats.family;

import java.util.Optional;

/**
 * Attention of one layer that knows positions by biases on its scores, as in T5 (arXiv 1910.10683,
 * section 2.1): distances between tokens fall into buckets, and every bucket has a bias a head.
 * Products of queries and keys are not scaled, nothing rotates, and projections have no biases.
 *
 * @param heads heads of queries, keys and values alike
 * @param headDim width of a head; {@code heads * headDim} need not be the hidden size
 * @param buckets number of biases a head
 * @param maxDistance tokens that far apart, and farther, share a bucket
 * @param readsSource whether the layer is of a decoder: a token then sees no token after it, and
 *     the layer goes on to attend to the source; in an encoder every token sees all others
 */
public record RelativeAttention(
    int heads, int headDim, int buckets, int maxDistance, boolean readsSource)
    implements TokenMixer {
  /** Width of all queries, and of all keys, and of all values. */
  public int width() {
    return Math.multiplyExact(heads, headDim);
  }

  @Override
  public Optional<Rope> rope() {
    return Optional.empty();
  }
}
