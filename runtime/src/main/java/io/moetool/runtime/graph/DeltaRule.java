package io.moetool.runtime.graph;

/** The recurrence of a delta net over the tokens of each sequence. */
interface DeltaRule {
  /**
   * What tokens bring.
   *
   * @param query divided by its length, {@code [batch, sequence, heads * keyDim]}
   * @param key divided by its length, {@code [batch, sequence, heads * keyDim]}
   * @param value {@code [batch, sequence, heads * valueDim]}
   * @param decay logarithm of what is kept of a matrix, {@code [batch, sequence, heads]}
   * @param rate share of the correction that is made, {@code [batch, sequence, heads]}
   */
  record Tokens(String query, String key, String value, String decay, String rate) {}

  /**
   * What the recurrence yields.
   *
   * @param output {@code [batch, sequence, heads * valueDim]}
   * @param state matrices after the last token, {@code [batch, heads, keyDim, valueDim]}
   */
  record Result(String output, String state) {}

  /**
   * Runs it.
   *
   * @param state matrices before the first token, {@code [batch, heads, keyDim, valueDim]}
   */
  Result apply(Tokens tokens, String state);
}
