package io.moetool.analyzers.statistics;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/**
 * {@link ExpertStatistic} values of every expert of one layer, over some tokens. Changed only while
 * it is being summed up; whoever is handed one from outside this package may rely on its values.
 */
public final class ExpertSums {
  private final int experts;
  private final Map<ExpertStatistic, double[]> values = new EnumMap<>(ExpertStatistic.class);

  ExpertSums(int experts) {
    this.experts = experts;
    for (ExpertStatistic statistic : ExpertStatistic.values()) {
      values.put(statistic, new double[experts]);
    }
  }

  /** Number of experts, E. */
  public int experts() {
    return experts;
  }

  /** One value. */
  public double get(ExpertStatistic statistic, int expert) {
    return row(statistic)[expert];
  }

  /** A copy of all values of a statistic, {@code [E]}. */
  public double[] toArray(ExpertStatistic statistic) {
    return row(statistic).clone();
  }

  /**
   * Values of a statistic divided by the tokens that chose the expert, {@code [E]}; 0 where none
   * did.
   */
  public double[] mean(ExpertStatistic statistic) {
    double[] means = new double[experts];
    for (int expert = 0; expert < experts; expert++) {
      double tokens = get(ExpertStatistic.N, expert);
      means[expert] = tokens == 0 ? 0 : get(statistic, expert) / tokens;
    }
    return means;
  }

  /** Tokens that chose each expert, {@code [E]}. */
  public long[] counts() {
    return Arrays.stream(row(ExpertStatistic.N)).mapToLong(n -> (long) n).toArray();
  }

  /** Sum of a statistic over all experts, in their order. */
  public double total(ExpertStatistic statistic) {
    double total = 0;
    for (double value : row(statistic)) {
      total += value;
    }
    return total;
  }

  /** Counts a value in. */
  void add(ExpertStatistic statistic, int expert, double value) {
    double[] row = row(statistic);
    row[expert] = statistic.combine(row[expert], value);
  }

  /** Counts other sums in. */
  void add(ExpertSums other) {
    for (ExpertStatistic statistic : ExpertStatistic.values()) {
      for (int expert = 0; expert < experts; expert++) {
        add(statistic, expert, other.get(statistic, expert));
      }
    }
  }

  private double[] row(ExpertStatistic statistic) {
    return Objects.requireNonNull(values.get(statistic));
  }
}
