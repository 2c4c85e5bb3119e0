package io.moetool.formats.family;

/**
 * How blocks and the residual stream are joined.
 *
 * @param normPlace where a block's norm stands
 * @param embeddingScale factor on the embeddings
 * @param residualScale factor on what a block adds
 * @param logitScale factor on the logits
 */
public record Wiring(
    NormPlace normPlace, double embeddingScale, double residualScale, double logitScale) {
  /** Where a block's norm stands. */
  public enum NormPlace {
    /** {@code x + block(norm(x))}. */
    BEFORE,
    /** {@code x + norm(block(x))}. */
    AFTER
  }
}
