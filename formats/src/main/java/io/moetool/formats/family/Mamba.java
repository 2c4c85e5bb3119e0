package io.moetool.formats.family;

import java.util.Optional;

/**
 * A Mamba mixer of one layer (arXiv 2312.00752), with norms inside as in Jamba (arXiv 2403.19887):
 * instead of keys and values a sequence keeps one vector a channel, which every token decays and
 * adds to.
 *
 * <p>A token is projected to u and a gate z. u passes a causal convolution with SiLU and is
 * projected to a step d, to B and to C, each normed; d is then projected to all channels. With
 * {@code D = softplus(d + bias)} of a channel: {@code h = exp(-exp(A) D) h + D u B; y = C h + skip
 * u}. What comes out is {@code y * silu(z)}.
 *
 * @param width channels
 * @param stateSize extent of a channel's vector
 * @param stepRank extent of steps before they are projected to all channels
 * @param convolution tokens the convolution reaches over, the current one included
 * @param convolutionBias whether the convolution has a bias
 * @param projectionBias whether the projections from and to hidden states have biases
 */
public record Mamba(
    int width,
    int stateSize,
    int stepRank,
    int convolution,
    boolean convolutionBias,
    boolean projectionBias)
    implements TokenMixer {
  @Override
  public Optional<Rope> rope() {
    return Optional.empty();
  }

  /** What a token selects: its step, what it writes by and what it reads by. */
  public int selectionWidth() {
    return Math.addExact(stepRank, Math.multiplyExact(2, stateSize));
  }
}
