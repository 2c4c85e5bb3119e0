package io.moetool.formats.family;

import java.util.Optional;

/**
 * A gated delta net of one layer (arXiv 2412.06464): instead of keys and values a sequence keeps
 * one matrix a head, which every token decays and corrects.
 *
 * <p>Queries, keys and values pass a causal convolution with SiLU; queries and keys are divided by
 * their length. With k, v, q of a token, {@code g = -exp(A) * softplus(a + bias)} and {@code beta =
 * sigmoid(b)} of a head: {@code S = exp(g) S; S = S + k (beta (v - S^T k))^T; o = S^T q /
 * sqrt(keyDim)}. What comes out is normed a head at a time and then multiplied by SiLU of a gate.
 *
 * @param keyHeads heads of queries and keys
 * @param keyDim width of a query or key head
 * @param valueHeads heads of values, gates and matrices; a multiple of {@code keyHeads}, and as
 *     many neighbours as that multiple share a query and key head
 * @param valueDim width of a value head
 * @param convolution tokens the convolution reaches over, the current one included
 */
public record DeltaNet(int keyHeads, int keyDim, int valueHeads, int valueDim, int convolution)
    implements TokenMixer {
  @Override
  public Optional<Rope> rope() {
    return Optional.empty();
  }

  /** Width of all queries, and of all keys. */
  public int keyWidth() {
    return Math.multiplyExact(keyHeads, keyDim);
  }

  /** Width of all values. */
  public int valueWidth() {
    return Math.multiplyExact(valueHeads, valueDim);
  }

  /** Values that pass the convolution: queries, keys, values. */
  public int convolutionWidth() {
    return Math.addExact(Math.multiplyExact(2, keyWidth()), valueWidth());
  }

  /** Value heads that share a query and key head. */
  public int sharing() {
    return valueHeads / keyHeads;
  }
}
