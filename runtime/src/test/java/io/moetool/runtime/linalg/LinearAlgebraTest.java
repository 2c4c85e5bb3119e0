package io.moetool.runtime.linalg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.moetool.kernels.FloatMatrix;
import io.moetool.runtime.run.WorkPool;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.assertj.core.api.Float2DArrayAssert;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Products and factors against numbers worked out by hand, and against their definitions. */
class LinearAlgebraTest {
  private static final Offset<Float> CLOSE = within(2e-5f);

  @Test
  void productsByHand() {
    try (Arena arena = Arena.ofConfined()) {
      FloatMatrix a = FloatMatrix.copyOf(arena, new float[] {1, 2, 3}, new float[] {4, 5, 6});
      FloatMatrix b = FloatMatrix.copyOf(arena, new float[] {1, 0, -1}, new float[] {2, 1, 0});
      FloatMatrix abt = FloatMatrix.allocate(arena, 2, 2);
      FloatMatrix atb = FloatMatrix.allocate(arena, 3, 3);
      FloatMatrix ab = FloatMatrix.allocate(arena, 2, 3);

      MatrixProduct.multiplyByTransposed(a, b, abt);
      MatrixProduct.multiplyTransposed(a, b, atb);
      MatrixProduct.multiply(a, b.transposed(arena), abt.rows(0, 2));
      MatrixProduct.multiply(abt, b, ab);

      rows(abt).isDeepEqualTo(new float[][] {{-2, 4}, {-2, 13}});
      rows(atb).isDeepEqualTo(new float[][] {{9, 4, -1}, {12, 5, -2}, {15, 6, -3}});
      rows(ab).isDeepEqualTo(new float[][] {{6, 4, 2}, {24, 13, 2}});
    }
  }

  @Test
  void productsOfMatricesThatDoNotFitAreRefused() {
    try (Arena arena = Arena.ofConfined()) {
      FloatMatrix a = FloatMatrix.allocate(arena, 2, 3);

      assertThatThrownBy(() -> MatrixProduct.multiply(a, a, a))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("float32[2,3]");
    }
  }

  /** [[3, 0], [4, 5]] has singular values 3√5 and √5. */
  @Test
  void singularValuesByHand() {
    try (Arena arena = Arena.ofConfined()) {
      ThinSvd svd =
          ThinSvd.of(arena, FloatMatrix.copyOf(arena, new float[] {3, 0}, new float[] {4, 5}));

      assertThat(svd.values())
          .containsExactly(new float[] {(float) Math.sqrt(45), (float) Math.sqrt(5)}, CLOSE);
    }
  }

  @ParameterizedTest
  @CsvSource({"40, 17", "17, 40", "1, 5", "33, 33"})
  void factorsMultiplyToTheMatrixAndAreOrthonormal(int rows, int columns) {
    try (Arena arena = Arena.ofConfined()) {
      FloatMatrix matrix = random(arena, rows, columns, 7);
      float[][] before = copy(matrix);

      ThinSvd svd = ThinSvd.of(arena, matrix);

      int rank = Math.min(rows, columns);
      FloatMatrix scaled = FloatMatrix.allocate(arena, rows, rank);
      for (int row = 0; row < rows; row++) {
        for (int i = 0; i < rank; i++) {
          scaled.set(row, i, svd.left().get(row, i) * svd.values()[i]);
        }
      }
      FloatMatrix product = FloatMatrix.allocate(arena, rows, columns);
      MatrixProduct.multiply(scaled, svd.right(), product);
      assertClose(product, before);
      rows(matrix).isDeepEqualTo(before);
      FloatMatrix left = FloatMatrix.allocate(arena, rank, rank);
      MatrixProduct.multiplyTransposed(svd.left(), svd.left(), left);
      assertClose(left, identity(rank));
      FloatMatrix right = FloatMatrix.allocate(arena, rank, rank);
      MatrixProduct.multiplyByTransposed(svd.right(), svd.right(), right);
      assertClose(right, identity(rank));
      for (int i = 1; i < rank; i++) {
        assertThat(svd.values()[i]).isLessThanOrEqualTo(svd.values()[i - 1]);
      }
    }
  }

  @Test
  void whatIsNoNumberIsRefused() {
    try (Arena arena = Arena.ofConfined()) {
      FloatMatrix matrix = random(arena, 3, 3, 1);
      matrix.set(1, 2, Float.NaN);

      assertThatThrownBy(() -> ThinSvd.of(arena, matrix))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("NaN");
      assertThatThrownBy(() -> Cholesky.of(new double[] {Double.NaN}, 1))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> SymmetricEigen.of(new double[] {Double.NaN}, 1))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  /** [[2, 1], [1, 2]] stretches (1, −1) by 1 and (1, 1) by 3. */
  @Test
  void eigenvaluesByHandFromTheLowerTriangle() {
    SymmetricEigen eigen = SymmetricEigen.of(new double[] {2, 99, 1, 2}, 2);

    assertThat(eigen.values()).containsExactly(new double[] {1, 3}, within(1e-14));
    assertThat(eigen.vectors()[0]).isCloseTo(-eigen.vectors()[1], within(1e-14));
    assertThat(eigen.vectors()[2]).isCloseTo(eigen.vectors()[3], within(1e-14));
  }

  @Test
  void choleskyByHandFromTheLowerTriangle() {
    Cholesky cholesky = Cholesky.of(new double[] {4, 99, 2, 5}, 2);

    assertThat(cholesky.lower()).containsExactly(2, 0, 1, 2);
    assertThat(cholesky.solve(new double[] {8, 12, 4, 2}))
        .containsExactly(new double[] {1, 2, 1, 0}, within(1e-14));
    assertThatThrownBy(() -> Cholesky.of(new double[] {1, 0, 2, 1}, 2))
        .isInstanceOf(ArithmeticException.class)
        .hasMessageContaining("order 2");
  }

  @Test
  void bitsDoNotDependOnThreads() {
    try (Arena arena = Arena.ofShared();
        WorkPool pool = new WorkPool(4)) {
      FloatMatrix matrix = random(arena, 150, 120, 3);
      ThinSvd alone = ThinSvd.of(arena, matrix);
      List<ThinSvd> together = Collections.synchronizedList(new ArrayList<>());

      pool.forEach(8, _ -> together.add(ThinSvd.of(arena, matrix)));

      assertThat(together)
          .hasSize(8)
          .allSatisfy(svd -> {
            assertThat(svd.values()).isEqualTo(alone.values());
            assertThat(svd.left().segment().mismatch(alone.left().segment())).isEqualTo(-1);
            assertThat(svd.right().segment().mismatch(alone.right().segment())).isEqualTo(-1);
          });
    }
  }

  @Test
  void platformsAreNamedAsTheLibraryNamesThem() {
    assertThat(OpenBlas.platform("Linux", "amd64")).isEqualTo("linux-x86_64");
    assertThat(OpenBlas.platform("Mac OS X", "aarch64")).isEqualTo("macosx-arm64");
    assertThat(OpenBlas.platform("Windows 11", "amd64")).isEqualTo("windows-x86_64");
  }

  private static FloatMatrix random(Arena arena, int rows, int columns, long seed) {
    Random random = new Random(seed);
    FloatMatrix matrix = FloatMatrix.allocate(arena, rows, columns);
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        matrix.set(row, column, (float) random.nextGaussian());
      }
    }
    return matrix;
  }

  private static float[][] identity(int n) {
    float[][] identity = new float[n][n];
    for (int i = 0; i < n; i++) {
      identity[i][i] = 1;
    }
    return identity;
  }

  private static float[][] copy(FloatMatrix matrix) {
    float[][] rows = new float[matrix.rows()][];
    for (int row = 0; row < rows.length; row++) {
      rows[row] = matrix.rowToArray(row);
    }
    return rows;
  }

  private static Float2DArrayAssert rows(FloatMatrix matrix) {
    return assertThat(copy(matrix));
  }

  private static void assertClose(FloatMatrix actual, float[][] expected) {
    for (int row = 0; row < expected.length; row++) {
      assertThat(actual.rowToArray(row)).containsExactly(expected[row], CLOSE);
    }
  }
}
