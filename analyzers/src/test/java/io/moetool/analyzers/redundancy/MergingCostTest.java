package io.moetool.analyzers.redundancy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.moetool.analyzers.redundancy.Dendrogram.Join;
import java.util.List;
import org.junit.jupiter.api.Test;

class MergingCostTest {
  /** Outputs (1,0), (1,0), (-1,0) and (0,2), received with coefficients 1, 3, 4 and 1. */
  private static final double[][] PRODUCTS = {
    {1, 1, -1, 0}, {1, 1, -1, 0}, {-1, -1, 1, 0}, {0, 0, 0, 4}
  };

  private static final double[] WEIGHTS = {1, 3, 4, 1};

  /**
   * Equal outputs cost nothing; with their opposite at the same weight the mean is 0, and all 8 of
   * energy 12 are lost; at last the mean of all is (0, 2/9), of energy 4/81 · 9 = 4/9.
   */
  @Test
  void groupsLoseWhatTheirMembersDifferBy() {
    Dendrogram joined =
        new Dendrogram("outputs", List.of(new Join(0, 1, 0), new Join(0, 2, 2), new Join(0, 3, 1)));
    List<Double> costs = MergingCost.along(joined, (i, j) -> PRODUCTS[i][j], WEIGHTS);
    assertThat(costs).hasSize(4).startsWith(0.0, 0.0);
    assertThat(costs.get(2)).isCloseTo(8.0 / 12, within(1e-15));
    assertThat(costs.get(3)).isCloseTo((12 - 4.0 / 9) / 12, within(1e-15));
  }

  @Test
  void whatNobodyReceivesCostsNothing() {
    Dendrogram joined = new Dendrogram("outputs", List.of(new Join(0, 1, 0)));
    assertThat(MergingCost.along(joined, (i, j) -> PRODUCTS[i][j + 1], new double[] {0, 0}))
        .containsExactly(0.0, 0.0);
  }
}
