package io.moetool.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

class FloatMatrixTest {
  @Test
  void columnsBecomeRows() {
    try (Arena arena = Arena.ofConfined()) {
      FloatMatrix matrix =
          FloatMatrix.copyOf(arena, new float[] {1, 2, 3}, new float[] {4, 5, 6}).transposed(arena);
      assertThat(matrix.rowToArray(0)).containsExactly(1, 4);
      assertThat(matrix.rowToArray(1)).containsExactly(2, 5);
      assertThat(matrix.rowToArray(2)).containsExactly(3, 6);
    }
  }

  @Test
  void matricesLargerThanASquareAreTransposedWhole() {
    try (Arena arena = Arena.ofConfined()) {
      FloatMatrix matrix = FloatMatrix.allocate(arena, 70, 33);
      for (int row = 0; row < 70; row++) {
        for (int column = 0; column < 33; column++) {
          matrix.set(row, column, 100 * row + column);
        }
      }
      FloatMatrix transposed = matrix.transposed(arena);
      assertThat(transposed.get(32, 69)).isEqualTo(6932);
      assertThat(transposed.get(31, 32)).isEqualTo(3231);
      assertThat(transposed.transposed(arena).segment().mismatch(matrix.segment())).isEqualTo(-1);
    }
  }
}
