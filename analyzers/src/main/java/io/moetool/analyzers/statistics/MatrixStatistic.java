package io.moetool.analyzers.statistics;

import io.moetool.formats.Shape;
import java.util.Locale;

/**
 * What is summed per layer over the tokens of all domains together: a matrix with a row for every
 * expert.
 */
public enum MatrixStatistic {
  /** Tokens that chose both experts, {@code [E, E]}; on the diagonal, tokens that chose the one. */
  COACT,
  /** Σ z zᵀ of the router logits z over all tokens, {@code [E, E]}. */
  ZGRAM,
  /**
   * Σ f of the outputs before the coefficient, over the tokens that chose the expert, {@code [E,
   * H]}.
   */
  FSUM,
  /**
   * Σ g_i f_i · g_j f_j / ‖o‖₂² over the tokens that chose both experts, {@code [E, E]}, o the
   * hidden state after the block: from it follows what taking any set of experts away does to the
   * hidden states. What a block does to the experts' sum before it is added (a norm, a factor) is
   * not in it.
   */
  MOVES;

  /** Name in files. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Columns for a model. */
  int columns(MeasuredModel model) {
    return this == FSUM ? model.hidden() : model.experts();
  }

  /** Shape for a model. */
  Shape shape(MeasuredModel model) {
    return Shape.of(model.experts(), columns(model));
  }
}
