package io.moetool.runtime.run;

import io.moetool.kernels.FloatMatrix;
import io.moetool.kernels.IntMatrix;
import io.moetool.runtime.text.TokenSequence;
import java.util.Optional;

/**
 * What one mixture-of-experts block did to one sequence of n tokens. H hidden size, E experts, K
 * experts per token. All matrices are views that are reused after the call they are given to.
 *
 * @param layer index of the layer in the model
 * @param sequenceIndex index of the sequence in the data
 * @param sequence its tokens; in layers of an encoder those of its source
 * @param input what router and experts see, {@code [n, H]}
 * @param routerLogits {@code [n, E]}
 * @param scores full score distribution of the router, {@code [n, E]}
 * @param selected chosen experts, best first, {@code [n, K]}
 * @param weights coefficients that multiply the experts' outputs, {@code [n, K]}; all 1 where the
 *     router scales the experts' inputs, whose outputs then are what is added
 * @param expertOutputs outputs before the coefficient is applied, row {@code t * K + k}, {@code [n
 *     * K, H]}
 * @param shared output of the shared expert before its gate, {@code [n, H]}; empty without one
 * @param residual hidden state the block's result is added to, {@code [n, H]}
 * @param output hidden state after the block, {@code [n, H]}
 * @param limited whether experts take so many tokens of a sequence and no more
 */
public record MoeObservation(
    int layer,
    int sequenceIndex,
    TokenSequence sequence,
    FloatMatrix input,
    FloatMatrix routerLogits,
    FloatMatrix scores,
    IntMatrix selected,
    FloatMatrix weights,
    FloatMatrix expertOutputs,
    Optional<FloatMatrix> shared,
    FloatMatrix residual,
    FloatMatrix output,
    boolean limited) {

  /**
   * Whether an expert that a token chose did not take it, as it had enough others: then the
   * coefficient is zero, which a share of a softmax never is.
   *
   * @param rank place among the token's chosen experts, best first
   */
  public boolean isDropped(int token, int rank) {
    return limited && weights.get(token, rank) == 0;
  }
}
