package io.moetool.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

class ExpertCapacityTest {
  /** Expert 1 is chosen by tokens 0, 2, 3 and 5; with room for two, 3 and 5 are dropped. */
  @Test
  void theFirstTokensThatChooseAnExpertAreTaken() {
    try (Arena arena = Arena.ofConfined()) {
      IntMatrix selected =
          IntMatrix.copyOf(
              arena,
              new int[] {1},
              new int[] {0},
              new int[] {1},
              new int[] {1},
              new int[] {0},
              new int[] {1});
      FloatMatrix weights = FloatMatrix.allocate(arena, 6, 1);
      weights.fill(0.5f);

      ExpertCapacity.drop(selected, weights, 2, 2);

      assertThat(
              new float[] {
                weights.get(0, 0), weights.get(1, 0), weights.get(2, 0),
                weights.get(3, 0), weights.get(4, 0), weights.get(5, 0)
              })
          .containsExactly(0.5f, 0.5f, 0.5f, 0, 0.5f, 0);
    }
  }
}
