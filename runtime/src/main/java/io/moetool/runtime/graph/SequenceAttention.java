package io.moetool.runtime.graph;

import java.util.function.UnaryOperator;

/**
 * Rotation and attention of the tokens of each sequence among themselves and over their past.
 * Batches are padded on the right.
 */
interface SequenceAttention {
  /**
   * Keys and values of earlier tokens, {@code [batch, keyValueHeads, past, headDim]}; may be empty
   * names.
   */
  record Past(String key, String value) {
    static final Past NONE = new Past("", "");
  }

  /**
   * What attention yields.
   *
   * @param output {@code [rows, heads * headDim]}
   * @param presentKey keys including the past
   * @param presentValue values including the past
   */
  record Result(String output, String presentKey, String presentValue) {}

  /**
   * What attention is made of.
   *
   * @param query {@code [rows, heads * headDim]}
   * @param key {@code [rows, keyValueHeads * headDim]}
   * @param value {@code [rows, keyValueHeads * headDim]}
   * @param sinks logit of every head that takes a share of the softmax, {@code [heads]}, or empty
   * @param rotatedQuery norm of rotated queries, from any shape to {@code [rows * heads, headDim]}
   * @param rotatedKey norm of rotated keys, from any shape to {@code [rows * keyValueHeads,
   *     headDim]}
   */
  record Projections(
      String query,
      String key,
      String value,
      String sinks,
      UnaryOperator<String> rotatedQuery,
      UnaryOperator<String> rotatedKey) {}

  /** Attends. */
  Result attend(Projections projections, Past past);
}
