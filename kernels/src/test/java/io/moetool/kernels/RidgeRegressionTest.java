package io.moetool.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RidgeRegressionTest {
  @Test
  void oneInputByHand() {
    RidgeRegression regression = new RidgeRegression(1, 1);
    regression.add(Rows.matrix(row(1), row(2)), Rows.matrix(row(2), row(4)));

    // (1·2 + 2·4) / (1 + 4 + λ), λ = 1 · 5
    RidgeRegression.Solution solution = regression.solve(1);

    assertThat(solution.get(0, 0)).isCloseTo(1, within(1e-15));
    assertThat(solution.errorBefore()).isEqualTo(20);
    assertThat(solution.errorAfter()).isCloseTo(5, within(1e-13));
  }

  @Test
  void twoInputsByHand() {
    RidgeRegression regression = new RidgeRegression(2, 1);
    regression.add(Rows.matrix(row(1, 0), row(1, 1)), Rows.matrix(row(1), row(3)));

    // G = (2 1; 1 1), its diagonal's mean 3/2, so λ = 1; (3 1; 1 2) D = (4, 3)
    RidgeRegression.Solution solution = regression.solve(2.0 / 3);

    assertThat(solution.get(0, 0)).isCloseTo(1, within(1e-15));
    assertThat(solution.get(0, 1)).isCloseTo(1, within(1e-15));
    assertThat(solution.errorBefore()).isEqualTo(10);
    assertThat(solution.errorAfter()).isCloseTo(1, within(1e-14));
  }

  @Test
  void whatIsAMatrixOfTheInputsIsFound() {
    FloatMatrix p = random(1, 50, 7);
    FloatMatrix r = Rows.zeros(50, 3);
    for (int row = 0; row < 50; row++) {
      for (int output = 0; output < 3; output++) {
        // Sums of few small integers are exact.
        r.set(row, output, 2 * p.get(row, output) - 3 * p.get(row, output + 4));
      }
    }
    RidgeRegression regression = new RidgeRegression(7, 3);
    regression.add(p, r);

    RidgeRegression.Solution solution = regression.solve(1e-14);

    for (int output = 0; output < 3; output++) {
      for (int input = 0; input < 7; input++) {
        double expected = input == output ? 2 : input == output + 4 ? -3 : 0;
        assertThat(solution.get(output, input)).isCloseTo(expected, within(1e-10));
      }
    }
    assertThat(solution.errorAfter()).isCloseTo(0, within(1e-8));
  }

  @Test
  void directionsThatNoRowShowsStayZero() {
    RidgeRegression regression = new RidgeRegression(3, 2);
    regression.add(Rows.matrix(row(0, 2, 0)), Rows.matrix(row(5, 1)));

    RidgeRegression.Solution solution = regression.solve(0.01);

    assertThat(solution.get(0, 0)).isZero();
    assertThat(solution.get(1, 2)).isZero();
    assertThat(solution.get(0, 1)).isCloseTo(10 / (4 + 0.04 / 3), within(1e-14));
  }

  @Test
  void nothingToGoByChangesNothing() {
    RidgeRegression regression = new RidgeRegression(2, 2);
    assertThat(regression.solve(0.1).get(1, 1)).isZero();
    regression.add(Rows.zeros(3, 2), random(1, 3, 2));
    RidgeRegression.Solution solution = regression.solve(0.1);
    assertThat(solution.get(0, 1)).isZero();
    assertThat(solution.errorAfter()).isEqualTo(solution.errorBefore());
  }

  @Test
  void theErrorIsThatOfTheMatrixAndNeverGrows() {
    FloatMatrix p = random(3, 40, 12);
    FloatMatrix r = random(4, 40, 5);
    for (double ridge : new double[] {1e-6, 1e-2, 1, 100}) {
      RidgeRegression regression = new RidgeRegression(12, 5);
      regression.add(p, r);
      RidgeRegression.Solution solution = regression.solve(ridge);
      double error = 0;
      for (int row = 0; row < 40; row++) {
        for (int output = 0; output < 5; output++) {
          double left = r.get(row, output);
          for (int input = 0; input < 12; input++) {
            left -= solution.get(output, input) * p.get(row, input);
          }
          error += left * left;
        }
      }
      assertThat(solution.errorAfter()).isCloseTo(error, within(1e-9 * error));
      assertThat(solution.errorAfter()).isLessThan(solution.errorBefore());
    }
  }

  @Test
  void theSameBitsHoweverRowsAreCut() {
    FloatMatrix p = random(5, 33, 9);
    FloatMatrix r = random(6, 33, 4);
    RidgeRegression whole = new RidgeRegression(9, 4);
    whole.add(p, r);
    RidgeRegression cut = new RidgeRegression(9, 4);
    cut.add(p.rows(0, 10), r.rows(0, 10));
    cut.add(p.rows(10, 33), r.rows(10, 33));

    RidgeRegression.Solution one = whole.solve(1e-3);
    RidgeRegression.Solution two = cut.solve(1e-3);

    IntStream.range(0, 4 * 9)
        .forEach(i -> assertThat(one.get(i / 9, i % 9)).isEqualTo(two.get(i / 9, i % 9)));
    assertThat(one.errorAfter()).isEqualTo(two.errorAfter());
  }

  @Test
  void whatDoesNotFitIsRefused() {
    RidgeRegression regression = new RidgeRegression(2, 3);
    assertThatThrownBy(() -> regression.add(Rows.zeros(4, 2), Rows.zeros(5, 3)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("are no pairs of 2 and 3 values");
    assertThatThrownBy(() -> Cholesky.of(new double[][] {{1, 2}, {1}}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("pivot 1 of 2 is -3.0");
  }

  private static float[] row(float... values) {
    return values;
  }

  /** Small integers. */
  private static FloatMatrix random(long seed, int rows, int columns) {
    FloatMatrix matrix = Rows.zeros(rows, columns);
    float[] values = Rows.uniform(seed, rows * columns, 8);
    for (int i = 0; i < values.length; i++) {
      matrix.set(i / columns, i % columns, Math.round(values[i]));
    }
    return matrix;
  }
}
