package io.moetool.formats.family;

/**
 * The norms of a model.
 *
 * @param kind formula
 * @param epsilon added to the mean square or variance
 */
public record Norm(Kind kind, double epsilon) {
  /** Formula over the last axis, x the input and w the stored weight. */
  public enum Kind {
    /** {@code w * x / sqrt(mean(x^2) + epsilon)}. */
    RMS,
    /** {@code (1 + w) * x / sqrt(mean(x^2) + epsilon)}. */
    RMS_PLUS_ONE,
    /** {@code w * (x - mean) / sqrt(variance + epsilon) + bias}. */
    LAYER
  }

  /** Whether norms have biases. */
  public boolean hasBias() {
    return kind == Kind.LAYER;
  }
}
