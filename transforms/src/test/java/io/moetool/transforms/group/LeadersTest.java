package io.moetool.transforms.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.moetool.analyzers.saliency.LayerMeasurements;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LeadersTest {
  @Test
  void theHighestScoresLeadAndOfEqualOnesTheLowerIndex() {
    assertThat(Leaders.order(List.of(0, 1, 2, 4), new double[] {5, 7, 7, 9, 1}))
        .containsExactly(1, 2, 0, 4);
  }

  @Test
  void othersJoinTheLeaderTheyAreMostLikeAndOfEqualsTheFirst() {
    // expert 2 is nearer to 1, expert 3 as near to 0 as to 1
    double[][] alike = {{1, 0, .2, .5}, {0, 1, .9, .5}, {.2, .9, 1, 0}, {.5, .5, 0, 1}};
    assertThat(Leaders.joinMostAlike(List.of(0, 1, 2, 3), 2, (a, b) -> alike[a][b]))
        .containsExactly(List.of(0, 3), List.of(1, 2));
  }

  @Test
  void theMostSalientLeaderTakesInTheNearestUntilItsGroupIsFull() {
    // 6 experts, 3 leaders, groups of 3: nearest to expert 0 are 3 and 4, so 5 goes to expert 1
    double[][] far = new double[6][6];
    far[0] = new double[] {0, 9, 9, 1, 2, 3};
    far[1] = new double[] {9, 0, 9, 1, 1, 1};
    assertThat(PseudoGroups.filled(List.of(0, 1, 2, 3, 4, 5), 3, 3, (a, b) -> far[a][b]))
        .containsExactly(List.of(0, 3, 4), List.of(1, 5), List.of(2));
  }

  @Test
  void lotsAreTheSameForTheSameSeedAndGroupsAsEqualAsCanBe() {
    LayerMeasurements layer =
        new LayerMeasurements(3, 10, Optional.empty(), Optional.empty(), Optional.empty());
    List<Integer> experts = IntStream.range(0, 10).boxed().toList();
    List<List<Integer>> groups = new RandomGroups(1).groups(layer, experts, 4);
    assertThat(groups).extracting(List::size).containsExactly(3, 3, 2, 2);
    assertThat(groups.stream().flatMap(List::stream)).containsExactlyInAnyOrderElementsOf(experts);
    assertThat(new RandomGroups(1).groups(layer, experts, 4)).isEqualTo(groups);
    assertThat(new RandomGroups(2).groups(layer, experts, 4)).isNotEqualTo(groups);
  }
}
