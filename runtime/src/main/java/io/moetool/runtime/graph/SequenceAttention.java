package io.moetool.runtime.graph;

import io.moetool.formats.family.Attention;
import io.moetool.formats.family.Rope;

/**
 * Rotation and attention of the tokens of each sequence among themselves and over their past. Batches are
 * padded on the right.
 */
interface SequenceAttention {
  /** Keys and values of earlier tokens, {@code [batch, keyValueHeads, past, headDim]}; may be empty names. */
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
   * Attends.
   *
   * @param query {@code [rows, heads * headDim]}
   * @param key {@code [rows, keyValueHeads * headDim]}
   * @param value {@code [rows, keyValueHeads * headDim]}
   */
  Result attend(String query, String key, String value, Past past);

  /** Whether ONNX Runtime's fused operator takes heads of this width and rotation. */
  static boolean canBeGrouped(Attention attention, Rope rope) {
    return attention.headDim() % 16 == 0 && rope.rotaryDim() % 16 == 0;
  }
}
