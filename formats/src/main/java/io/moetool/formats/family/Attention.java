package io.moetool.formats.family;

import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * Grouped-query attention of a family.
 *
 * @param heads query heads
 * @param keyValueHeads key and value heads; divides {@code heads}
 * @param headDim width of a head; {@code heads * headDim} need not be the hidden size
 * @param projectionBias whether query, key and value projections have biases
 * @param outputBias whether the output projection has a bias
 * @param queryKeyNorm RMS norm of queries and keys before the rotation
 * @param clip bound on the absolute value of queries, keys and values after projection (and norm)
 * @param slidingWindow number of keys a token sees, itself included
 */
public record Attention(
    int heads,
    int keyValueHeads,
    int headDim,
    boolean projectionBias,
    boolean outputBias,
    QueryKeyNorm queryKeyNorm,
    OptionalDouble clip,
    OptionalInt slidingWindow) {

  /** What the norm of queries and keys covers. */
  public enum QueryKeyNorm {
    NONE,
    /** Each head by itself; weights are {@code [headDim]}. */
    PER_HEAD,
    /** The whole projection before it is split into heads. */
    WHOLE
  }

  /** Width of the query projection. */
  public int queryWidth() {
    return Math.multiplyExact(heads, headDim);
  }

  /** Width of the key and of the value projection. */
  public int keyValueWidth() {
    return Math.multiplyExact(keyValueHeads, headDim);
  }
}
