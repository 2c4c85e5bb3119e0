package io.moetool.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LinearAssignmentTest {
  private final Arena arena = Arena.ofAuto();

  @Test
  void rowsFindTheirPlaceInAPermutedMatrix() {
    // source rows are rows 2, 0, 1 of (1,0), (0,1), (1,1)
    float[][] reference = {{1, 0}, {0, 1}, {1, 1}};
    float[][] source = {{1, 1}, {1, 0}, {0, 1}};

    assertThat(LinearAssignment.of(squaredDistances(reference, source))).containsExactly(1, 2, 0);
  }

  @Test
  void theCheapestColumnOfARowGoesToWhoNeedsItMost() {
    // greedily 1 + 9 = 10, at best 2 + 1 = 3
    assertThat(
            LinearAssignment.of(FloatMatrix.copyOf(arena, new float[] {1, 2}, new float[] {1, 9})))
        .containsExactly(1, 0);
  }

  @Test
  void equalCostsLeaveEveryRowWhereItIs() {
    FloatMatrix costs = FloatMatrix.allocate(arena, 5, 5);
    assertThat(LinearAssignment.of(costs)).containsExactly(0, 1, 2, 3, 4);
  }

  @Test
  void noPermutationIsCheaper() {
    SplittableRandom random = new SplittableRandom(11);
    for (int trial = 0; trial < 60; trial++) {
      int size = 1 + trial % 7;
      FloatMatrix costs = FloatMatrix.allocate(arena, size, size);
      for (int i = 0; i < size; i++) {
        for (int j = 0; j < size; j++) {
          // whole numbers make ties, negative ones are allowed
          costs.set(i, j, trial % 2 == 0 ? random.nextInt(-4, 5) : (float) random.nextDouble());
        }
      }
      int[] found = LinearAssignment.of(costs);
      assertThat(found).doesNotHaveDuplicates();
      assertThat(cost(costs, found)).isCloseTo(cheapest(costs, new int[size], 0), within(1e-6));
    }
  }

  @Test
  void aHiddenPermutationOf200IsRecovered() {
    SplittableRandom random = new SplittableRandom(5);
    int size = 200;
    float[][] reference = new float[size][16];
    for (float[] row : reference) {
      for (int i = 0; i < row.length; i++) {
        row[i] = (float) random.nextDouble(-1, 1);
      }
    }
    int[] place = new int[size];
    for (int i = 0; i < size; i++) {
      int other = random.nextInt(i + 1);
      place[i] = place[other];
      place[other] = i;
    }
    float[][] source = new float[size][];
    for (int i = 0; i < size; i++) {
      source[place[i]] = reference[i];
    }

    assertThat(LinearAssignment.of(squaredDistances(reference, source))).containsExactly(place);
  }

  @Test
  void whatIsNoNumberOrNotSquareIsRefused() {
    FloatMatrix nan = FloatMatrix.copyOf(arena, new float[] {0, 1}, new float[] {Float.NaN, 1});

    assertThatThrownBy(() -> LinearAssignment.of(nan))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("cost [1,0] is NaN");
    assertThatThrownBy(() -> LinearAssignment.of(FloatMatrix.allocate(arena, 2, 3)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private FloatMatrix squaredDistances(float[][] a, float[][] b) {
    FloatMatrix costs = FloatMatrix.allocate(arena, a.length, b.length);
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < b.length; j++) {
        float sum = 0;
        for (int k = 0; k < a[i].length; k++) {
          sum += (a[i][k] - b[j][k]) * (a[i][k] - b[j][k]);
        }
        costs.set(i, j, sum);
      }
    }
    return costs;
  }

  private static double cost(FloatMatrix costs, int[] columns) {
    double sum = 0;
    for (int row = 0; row < columns.length; row++) {
      sum += costs.get(row, columns[row]);
    }
    return sum;
  }

  private static double cheapest(FloatMatrix costs, int[] chosen, int row) {
    if (row == chosen.length) {
      return cost(costs, chosen);
    }
    double best = Double.POSITIVE_INFINITY;
    for (int column = 0; column < chosen.length; column++) {
      int candidate = column;
      if (Arrays.stream(chosen, 0, row).noneMatch(c -> c == candidate)) {
        chosen[row] = column;
        best = Math.min(best, cheapest(costs, chosen, row + 1));
      }
    }
    return best;
  }
}
