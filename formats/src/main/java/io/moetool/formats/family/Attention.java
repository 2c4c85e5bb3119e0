package io.moetool.formats.family;

import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Grouped-query attention of one layer.
 *
 * @param heads query heads
 * @param keyValueHeads key and value heads; divides {@code heads}
 * @param headDim width of a head; {@code heads * headDim} need not be the hidden size
 * @param scale factor on the products of queries and keys
 * @param projectionBias whether query, key and value projections have biases
 * @param outputBias whether the output projection has a bias
 * @param queryKeyNorm what the RMS norm of queries and keys covers
 * @param normsRotated whether that norm comes after the rotation instead of before
 * @param clip bound on the absolute value of queries, keys and values after projection (and norm)
 * @param outputGate whether the query projection also yields a gate a head, whose sigmoid
 *     multiplies what the head attended to
 * @param rope rotation of queries and keys
 * @param reach which earlier tokens a token sees
 * @param sinks whether every head has a logit of its own that takes a share of the softmax and
 *     yields nothing (arXiv 2309.17453)
 * @param temperature how queries grow with their position, if they do
 */
public record Attention(
    int heads,
    int keyValueHeads,
    int headDim,
    double scale,
    boolean projectionBias,
    boolean outputBias,
    QueryKeyNorm queryKeyNorm,
    boolean normsRotated,
    OptionalDouble clip,
    boolean outputGate,
    Optional<Rope> rope,
    Reach reach,
    boolean sinks,
    Optional<Temperature> temperature)
    implements TokenMixer {

  /** What the norm of queries and keys covers. */
  public enum QueryKeyNorm {
    NONE,
    /** Each head by itself; weights are {@code [headDim]}. */
    PER_HEAD,
    /** Each head by itself, without weights. */
    PER_HEAD_WEIGHTLESS,
    /** The whole projection before it is split into heads. */
    WHOLE
  }

  /** Which earlier tokens a token sees. */
  public sealed interface Reach {
    /** All of them. */
    record Everything() implements Reach {}

    /**
     * The nearest.
     *
     * @param keys number of keys a token sees, itself included
     */
    record Window(int keys) implements Reach {}

    /**
     * Those of its own chunk: sequences are cut into pieces that do not see each other.
     *
     * @param tokens length of a chunk
     */
    record Chunk(int tokens) implements Reach {}
  }

  /**
   * Queries at position p are multiplied by {@code 1 + scale * ln(1 + floor((p + 1) / floor))}.
   *
   * @param scale how fast they grow
   * @param floor tokens that leave the factor as it is
   */
  public record Temperature(double scale, double floor) {}

  /** Width of all queries. */
  public int queryWidth() {
    return Math.multiplyExact(heads, headDim);
  }

  /** Width of the key and of the value projection. */
  public int keyValueWidth() {
    return Math.multiplyExact(keyValueHeads, headDim);
  }
}
