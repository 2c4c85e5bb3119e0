package io.moetool.analyzers.damage;

import io.moetool.analyzers.statistics.LayerStatistics;
import io.moetool.analyzers.statistics.MatrixStatistic;
import io.moetool.analyzers.statistics.SumMatrix;
import java.util.Collection;
import java.util.List;

/**
 * What one layer loses with a set D of its experts: the mean over all calibration tokens of
 *
 * <pre>‖Σ_{e ∈ D ∩ S} g_e f_e‖² / ‖o‖²</pre>
 *
 * with the experts S that the token chose, their coefficients g, their outputs f and the hidden
 * state o after the block. It is the squared error that the layer makes in the hidden state when
 * the experts of D yield nothing, as a share of that state; 0 for no expert, and comparable between
 * layers. It follows exactly from {@link MatrixStatistic#MOVES}, for any set.
 *
 * <p>A forecast and no bound: the router replaces dropped experts by others, which mends a part of
 * the error, and later layers see changed inputs, which adds to it.
 */
public final class LayerDamage {
  private final int experts;
  private final Products moves;
  private final long tokens;

  /** {@link MatrixStatistic#MOVES} of two experts. */
  @FunctionalInterface
  public interface Products {
    /** The sum for experts {@code i} and {@code j}; symmetric. */
    double of(int i, int j);
  }

  /**
   * The damage to a layer.
   *
   * @param experts number of experts
   * @param tokens tokens that were summed over
   */
  public LayerDamage(int experts, Products moves, long tokens) {
    this.experts = experts;
    this.moves = moves;
    this.tokens = tokens;
  }

  /** The damage to a layer that was measured. */
  public static LayerDamage of(LayerStatistics layer) {
    SumMatrix moves = layer.matrix(MatrixStatistic.MOVES);
    return new LayerDamage(layer.experts(), moves::get, layer.tokens());
  }

  /** Number of experts. */
  public int experts() {
    return experts;
  }

  /** The damage of losing these experts together, none named twice. */
  public double of(Collection<Integer> dropped) {
    double[] along = along(List.copyOf(dropped));
    return along[along.length - 1];
  }

  /**
   * The damage of losing the first n experts of an order, for every n from 0 to all of them, {@code
   * [order + 1]}.
   */
  public double[] along(List<Integer> order) {
    double[] damage = new double[order.size() + 1];
    double sum = 0;
    for (int n = 0; n < order.size(); n++) {
      int expert = order.get(n);
      sum += moves.of(expert, expert);
      for (int earlier : order.subList(0, n)) {
        sum += 2 * moves.of(expert, earlier);
      }
      // A sum of squares; what rounding leaves below zero is zero.
      damage[n + 1] = Math.max(0, sum) / tokens;
    }
    return damage;
  }
}
