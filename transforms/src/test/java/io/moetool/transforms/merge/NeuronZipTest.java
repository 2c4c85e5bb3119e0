package io.moetool.transforms.merge;

import static org.assertj.core.api.Assertions.assertThat;

import io.moetool.kernels.FloatMatrix;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class NeuronZipTest {
  /** 0 and 2 first; then 1 with 3 (0.5), because 0.9 of 0 with 1 has become 0.1 · 0.6. */
  @Test
  void joinedNeuronsComeLast() {
    float[][] correlations = {
      {1, .9f, .95f, .2f}, {.9f, 1, .6f, .5f}, {.95f, .6f, 1, .1f}, {.2f, .5f, .1f, 1}
    };
    assertThat(zipped(correlations, 2)).isDeepEqualTo(new int[][] {{0, 2}, {1, 3}});
    assertThat(zipped(correlations, 1)).isDeepEqualTo(new int[][] {{0, 1, 2, 3}});
    assertThat(zipped(correlations, 4)).isDeepEqualTo(new int[][] {{0}, {1}, {2}, {3}});
  }

  /** 0 with 1; then 2 joins nobody it is against, but 3. */
  @Test
  void whatIsAgainstEachOtherStaysSo() {
    float[][] correlations = {
      {1, .9f, -.8f, -.5f}, {.9f, 1, -.7f, -.6f}, {-.8f, -.7f, 1, -.1f}, {-.5f, -.6f, -.1f, 1}
    };
    assertThat(zipped(correlations, 2)).isDeepEqualTo(new int[][] {{0, 1}, {2, 3}});
  }

  @Test
  void everyStepJoinsTheMostCorrelatedTwo() {
    SplittableRandom random = new SplittableRandom(4);
    for (int turn = 0; turn < 50; turn++) {
      int size = 2 + random.nextInt(12);
      float[][] correlations = new float[size][size];
      for (int i = 0; i < size; i++) {
        for (int j = 0; j < i; j++) {
          // Few values, so that many are equal.
          correlations[i][j] = (random.nextInt(9) - 4) / 4f;
          correlations[j][i] = correlations[i][j];
        }
      }
      int count = 1 + random.nextInt(size);
      assertThat(zipped(correlations, count)).isDeepEqualTo(stepByStep(correlations, count));
    }
  }

  private static int[][] zipped(float[][] correlations, int count) {
    try (Arena arena = Arena.ofConfined()) {
      return NeuronZip.groups(FloatMatrix.copyOf(arena, correlations), count);
    }
  }

  /** The definition: look at all pairs, join the best. */
  private static int[][] stepByStep(float[][] given, int count) {
    float[][] correlations = new float[given.length][];
    List<List<Integer>> groups = new ArrayList<>();
    for (int i = 0; i < given.length; i++) {
      correlations[i] = given[i].clone();
      groups.add(new ArrayList<>(List.of(i)));
    }
    for (int left = given.length; left > count; left--) {
      int first = -1;
      int second = -1;
      for (int i = 0; i < given.length; i++) {
        for (int j = i + 1; j < given.length; j++) {
          if (!groups.get(i).isEmpty()
              && !groups.get(j).isEmpty()
              && (first < 0 || correlations[i][j] > correlations[first][second])) {
            first = i;
            second = j;
          }
        }
      }
      groups.get(first).addAll(groups.get(second));
      groups.get(second).clear();
      for (int k = 0; k < given.length; k++) {
        float lower = Math.min(correlations[first][k], correlations[second][k]);
        correlations[first][k] = lower > 0 ? .1f * lower : lower;
        correlations[k][first] = correlations[first][k];
      }
    }
    groups.removeIf(List::isEmpty);
    groups.forEach(Collections::sort);
    return groups.stream()
        .map(group -> group.stream().mapToInt(Integer::intValue).toArray())
        .toArray(int[][]::new);
  }
}
