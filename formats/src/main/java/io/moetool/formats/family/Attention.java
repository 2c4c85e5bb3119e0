package io.moetool.formats.family;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * Grouped-query attention of a family.
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
 * @param slidingWindow what limits how far back some layers see
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
    Optional<SlidingWindow> slidingWindow) {

  /** What the norm of queries and keys covers. */
  public enum QueryKeyNorm {
    NONE,
    /** Each head by itself; weights are {@code [headDim]}. */
    PER_HEAD,
    /** The whole projection before it is split into heads. */
    WHOLE
  }

  /**
   * A limit on how far back tokens see.
   *
   * @param keys number of keys a token sees, itself included
   * @param layers layers with this limit; the others see everything
   */
  public record SlidingWindow(int keys, List<Integer> layers) {
    public SlidingWindow {
      layers = List.copyOf(layers);
    }
  }

  /** Width of the query projection. */
  public int queryWidth() {
    return Math.multiplyExact(heads, headDim);
  }

  /** Width of the key and of the value projection. */
  public int keyValueWidth() {
    return Math.multiplyExact(keyValueHeads, headDim);
  }

  /** Number of keys a token sees in a layer, itself included; empty if it sees all before it. */
  public OptionalInt window(int layer) {
    return slidingWindow.filter(window -> window.layers().contains(layer)).stream()
        .mapToInt(SlidingWindow::keys)
        .findFirst();
  }
}
