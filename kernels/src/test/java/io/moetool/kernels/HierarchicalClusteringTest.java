package io.moetool.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.moetool.kernels.HierarchicalClustering.Join;
import io.moetool.kernels.HierarchicalClustering.Linkage;
import java.util.List;
import org.junit.jupiter.api.Test;

class HierarchicalClusteringTest {
  private static final double[] POINTS = {0, 1, 2.1, 5, 5.8};

  @Test
  void averageLinkageOfFivePointsOnALine() {
    // WPGMA would join last at 4.1
    assertThat(heights(Linkage.AVERAGE))
        .containsExactly(new double[] {0.8, 1.0, 1.6, 13.1 / 3}, within(1e-12));
    assertThat(HierarchicalClustering.clusters(distances(POINTS), Linkage.AVERAGE, 2))
        .containsExactly(List.of(0, 1, 2), List.of(3, 4));
    assertThat(HierarchicalClustering.clusters(distances(POINTS), Linkage.AVERAGE, 3))
        .containsExactly(List.of(0, 1), List.of(2), List.of(3, 4));
  }

  @Test
  void nearestAndFarthestMembers() {
    assertThat(heights(Linkage.SINGLE))
        .containsExactly(new double[] {0.8, 1.0, 1.1, 2.9}, within(1e-12));
    assertThat(heights(Linkage.COMPLETE))
        .containsExactly(new double[] {0.8, 1.0, 2.1, 5.8}, within(1e-12));
  }

  @Test
  void wardJoinsByGrowthOfTheSumOfSquares() {
    // d² = 2 |A||B| / (|A|+|B|) (mean difference)²: of {0,1} and 2.1, 4/3 · 1.6²
    double third = Math.sqrt(4.0 / 3 * 1.6 * 1.6);
    double fourth = Math.sqrt(12.0 / 5 * Math.pow(5.4 - 3.1 / 3, 2));
    assertThat(heights(Linkage.WARD))
        .containsExactly(new double[] {0.8, 1.0, third, fourth}, within(1e-12));
  }

  @Test
  void ofEquallyNearPairsTheFirstIsJoined() {
    double[][] same = {{0, 1, 1}, {1, 0, 1}, {1, 1, 0}};
    assertThat(HierarchicalClustering.joins(same, Linkage.AVERAGE).getFirst())
        .isEqualTo(new Join(0, 1, 1));
  }

  @Test
  void asManyClustersAsItemsAreTheItems() {
    assertThat(HierarchicalClustering.clusters(distances(POINTS), Linkage.SINGLE, 5))
        .hasSize(5)
        .allMatch(cluster -> cluster.size() == 1);
  }

  @Test
  void whatIsNoDistanceIsRefused() {
    double[][] lopsided = {{0, 1}, {2, 0}};
    assertThatThrownBy(() -> HierarchicalClustering.joins(lopsided, Linkage.SINGLE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("distances of 0 and 1: 1.0 and 2.0");
    assertThatThrownBy(() -> HierarchicalClustering.clusters(distances(POINTS), Linkage.SINGLE, 6))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static double[] heights(Linkage linkage) {
    return HierarchicalClustering.joins(distances(POINTS), linkage).stream()
        .mapToDouble(Join::height)
        .toArray();
  }

  private static double[][] distances(double[] points) {
    double[][] distances = new double[points.length][points.length];
    for (int i = 0; i < points.length; i++) {
      for (int j = 0; j < points.length; j++) {
        distances[i][j] = Math.abs(points[i] - points[j]);
      }
    }
    return distances;
  }
}
