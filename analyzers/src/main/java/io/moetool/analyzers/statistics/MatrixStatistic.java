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
  MOVES,
  /**
   * Largest absolute values and where they were seen, {@code [E + 2, 4]}: of each expert's output
   * before the coefficient, of the shared expert's before its gate (row E), of the hidden state
   * after the block (row E + 1). Columns: the value with its sign; position of the token in its
   * sequence; channel of the hidden state; and for experts with the largest outputs the channel
   * between their projections whose activation is largest, for the hidden state the median of the
   * absolute values of that token. -1 where nothing is known. Of several the largest value counts.
   */
  PEAKS,
  /**
   * What rules would save that skip some of a token's chosen experts, {@code [rules * 65, 3]}: see
   * {@link SkipRule}.
   */
  SKIPPED;

  /** Columns of {@link #PEAKS}. */
  static final int PEAK_COLUMNS = 4;

  /** Name in files. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Rows for a model. */
  int rows(MeasuredModel model) {
    return switch (this) {
      case COACT, ZGRAM, FSUM, MOVES -> model.experts();
      case PEAKS -> model.experts() + 2;
      case SKIPPED -> SkipRule.ROWS;
    };
  }

  /** Columns for a model. */
  int columns(MeasuredModel model) {
    return switch (this) {
      case COACT, ZGRAM, MOVES -> model.experts();
      case FSUM -> model.hidden();
      case PEAKS -> PEAK_COLUMNS;
      case SKIPPED -> SkipRule.COLUMNS;
    };
  }

  /** Shape for a model. */
  Shape shape(MeasuredModel model) {
    return Shape.of(rows(model), columns(model));
  }

  /** Values over two parts of the data as one. */
  SumMatrix combine(SumMatrix a, SumMatrix b) {
    return this == PEAKS ? a.largerRows(b) : a.plus(b);
  }
}
