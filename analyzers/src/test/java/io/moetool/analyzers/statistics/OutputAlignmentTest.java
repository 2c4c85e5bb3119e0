package io.moetool.analyzers.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.moetool.kernels.FloatMatrix;
import io.moetool.kernels.RowNorms;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

class OutputAlignmentTest {
  @Test
  void unlikeSpreadOfTheSamePointsIsAlignedInPart() {
    float[][] points = {{1, 0}, {-1, 0}, {0, 1}, {0, -1}};
    float[][] stretched = {{1, 0}, {-1, 0}, {0, 2}, {0, -2}};
    assertThat(aligned(points, stretched)).isCloseTo(.85749293, within(1e-7));
  }

  @Test
  void turnsStretchesAndShiftsAreNotSeen() {
    float[][] points = {{1, 0}, {-1, 3}, {0, 1}, {2, -1}};
    float[][] moved = new float[4][];
    for (int i = 0; i < 4; i++) {
      moved[i] =
          new float[] {
            2.5f * (.6f * points[i][0] - .8f * points[i][1]) + 1,
            2.5f * (.8f * points[i][0] + .6f * points[i][1]) + 1
          };
    }
    assertThat(aligned(points, moved)).isCloseTo(1, within(1e-6));
  }

  private static double aligned(float[][] x, float[][] y) {
    try (Arena arena = Arena.ofConfined()) {
      FloatMatrix kernels =
          FloatMatrix.copyOf(
              arena,
              OutputAlignment.centredKernel(FloatMatrix.copyOf(arena, x)),
              OutputAlignment.centredKernel(FloatMatrix.copyOf(arena, y)));
      return RowNorms.cosine(kernels.row(0), kernels.row(1));
    }
  }
}
