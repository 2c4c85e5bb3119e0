package io.moetool.transforms.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.moetool.kernels.HierarchicalClustering.Linkage;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClustersTest {
  private static final double[] LINE = {0, 1, 2.1, 5, 5.8};

  @Test
  void theMemberNearestTheMeanLeads() {
    // the mean of 0, 1 and 2.1 is 1.033, nearest to expert 1; 5 and 5.8 are equally near to theirs
    assertThat(Clusters.of(List.of(0, 1, 2, 3, 4), 2, Linkage.AVERAGE, ClustersTest::onTheLine))
        .containsExactly(List.of(1, 0, 2), List.of(3, 4));
  }

  @Test
  void expertsThatAreNotCandidatesDoNotCount() {
    assertThat(Clusters.of(List.of(0, 2, 4), 2, Linkage.AVERAGE, ClustersTest::onTheLine))
        .containsExactly(List.of(0, 2), List.of(4));
  }

  @Test
  void expertsWithTheSameRowInTheRouterJoinFirst() {
    // rows (3,4), (0.1,0), (3,4), (0,0.1): the first and third are the same, all others are not
    double[][] rows = {{3, 4}, {.1, 0}, {3, 4}, {0, .1}};
    Clusters.Distance products = (a, b) -> rows[a][0] * rows[b][0] + rows[a][1] * rows[b][1];
    assertThat(RouterRowGroups.groups(List.of(0, 1, 2, 3), 3, products))
        .containsExactly(List.of(0, 2), List.of(1), List.of(3));
    // lengths count: by angle alone the second would be nearer to the first than to the fourth
    assertThat(RouterRowGroups.groups(List.of(0, 1, 2, 3), 2, products))
        .containsExactly(List.of(0, 2), List.of(1, 3));
  }

  private static double onTheLine(int expert, int other) {
    return Math.abs(LINE[expert] - LINE[other]);
  }
}
