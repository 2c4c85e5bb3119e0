package io.moetool.analyzers.statistics;

import io.moetool.analyzers.reconstruction.OutputProducts;
import io.moetool.analyzers.reconstruction.SubsetSearch;
import io.moetool.formats.family.RouterSpec;

/**
 * On how many tokens of a sample the dearer statistics are measured: fixed rules of the model's
 * extents, so that memory and time stay bounded and results depend on nothing else.
 *
 * @param tokens tokens of the sample, n
 * @param losses tokens that losses are measured on
 * @param sets tokens that every set of experts is taken away from; 0 for many experts
 * @param similarity tokens that CKA is computed over
 */
record SampleSizes(int tokens, int losses, int sets, int similarity) {
  /** Inner products of outputs that are kept: 512 MiB of float32. */
  private static final long MAX_PRODUCTS = 1L << 27;

  /** Tokens routed again in an elimination that concerns all tokens at every step. */
  private static final long MAX_ROUTED = 1L << 23;

  /** Tokens routed again in a search over all sets. */
  private static final long MAX_ROUTED_BY_SETS = 1L << 24;

  private static final int MAX_SIMILARITY = 512;

  static SampleSizes of(int tokens, int experts, RouterSpec router) {
    long fitting = MAX_PRODUCTS / OutputProducts.perToken(experts);
    long affordable =
        router.isInvariantUnderRemoval() ? tokens : MAX_ROUTED / OutputProducts.perToken(experts);
    int losses = Math.clamp(Math.min(fitting, affordable), 1, tokens);
    int sets =
        experts > SubsetSearch.MAX_EXPERTS
            ? 0
            : (int) Math.min(MAX_ROUTED_BY_SETS >> experts, losses);
    return new SampleSizes(tokens, losses, sets, Math.min(MAX_SIMILARITY, tokens));
  }

  SampleExtent extent() {
    return new SampleExtent(tokens, losses, sets, similarity, 1);
  }

  /** {@code count} of {@code tokens} tokens, evenly. */
  static int[] evenly(int count, int tokens) {
    int[] chosen = new int[count];
    for (int i = 0; i < count; i++) {
      chosen[i] = Math.toIntExact((long) i * tokens / count);
    }
    return chosen;
  }
}
