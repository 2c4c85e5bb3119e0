package io.moetool.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** {@link RowNorms}, {@link Gram}, {@link ColumnSums} and {@link WeightedRowSum}. */
class SumsTest {
  @Test
  void lengthsAndAnglesOfShortRows() {
    assertThat(RowNorms.l2(Rows.of(3, 4))).isEqualTo(5);
    assertThat(RowNorms.l2(Rows.matrix(new float[] {5, 12}, new float[] {0, 0})))
        .containsExactly(13, 0);
    assertThat(RowNorms.maxAbs(Rows.of(3, -4, 2))).isEqualTo(4);
    assertThat(RowNorms.dot(Rows.of(1, 2), Rows.of(3, -1))).isEqualTo(1);
    assertThat(RowNorms.cosine(Rows.of(1, 0), Rows.of(1, 1)))
        .isCloseTo(Math.sqrt(.5), within(1e-15));
    assertThat(RowNorms.cosine(Rows.of(1, 2, 3), Rows.of(-2, -4, -6))).isEqualTo(-1);
    assertThat(RowNorms.cosine(Rows.of(0, 0), Rows.of(1, 1))).isZero();
  }

  @Test
  void lengthsDoNotOverflowFloat32() {
    assertThat(RowNorms.l2(Rows.of(3e38f, 3e38f))).isCloseTo(3e38f * Math.sqrt(2), within(1e23));
    assertThat(RowNorms.l2(Rows.of(Float.MIN_VALUE))).isPositive();
  }

  @Test
  void gramOfTheToyLogitsGivesTheCosinesOfItsColumns() {
    Gram gram = new Gram(4);
    gram.add(
        Rows.matrix(
            new float[] {2, 1, 0, -1}, new float[] {0, 2, 1, -1}, new float[] {1, 0, 2, -1}));
    assertThat(gram.get(0, 0)).isEqualTo(5);
    assertThat(gram.get(0, 1)).isEqualTo(2);
    assertThat(gram.get(3, 2)).isEqualTo(gram.get(2, 3)).isEqualTo(-3);
    assertThat(gram.cosine(0, 1)).isCloseTo(.4, within(1e-15));
    assertThat(gram.cosine(2, 3)).isCloseTo(-.77459667, within(1e-8));
  }

  @Test
  void gramIsTheSumOfItsParts() {
    FloatMatrix rows = Rows.matrix(random(1), random(2), random(3), random(4));
    Gram whole = new Gram(33);
    whole.add(rows);
    Gram first = new Gram(33);
    first.add(rows.rows(0, 2));
    Gram second = new Gram(33);
    second.add(rows.rows(2, 4));
    first.add(second);
    for (int i = 0; i < 33; i++) {
      for (int j = 0; j < 33; j++) {
        double exact = 0;
        for (int row = 0; row < 4; row++) {
          exact += (double) rows.get(row, i) * rows.get(row, j);
        }
        assertThat(whole.get(i, j)).isEqualTo(exact);
        assertThat(first.get(i, j)).isCloseTo(exact, within(1e-9));
      }
    }
    assertThatThrownBy(() -> whole.add(Rows.of(1)))
        .hasMessage("1 columns do not fit a Gram matrix of 33");
  }

  private static float[] random(long seed) {
    return Rows.random(seed, 33);
  }

  @Test
  void columnsOfAllZerosHaveNoDirection() {
    Gram gram = new Gram(2);
    gram.add(Rows.of(0, 3));
    assertThat(gram.cosine(0, 1)).isZero();
    assertThat(gram.cosine(1, 1)).isEqualTo(1);
  }

  @Test
  void columnsAddUpWithAndWithoutWeights() {
    ColumnSums sums = new ColumnSums(2);
    sums.add(Rows.matrix(new float[] {1, 2}, new float[] {10, 20}));
    sums.add(Rows.of(2, -2), .5);
    assertThat(sums.toArray()).containsExactly(12, 21);
    ColumnSums squares = new ColumnSums(2);
    squares.addSquares(Rows.of(3, -4), 1);
    squares.addSquares(Rows.of(1, 2), .25);
    assertThat(squares.toArray()).containsExactly(9.25, 17);
    sums.add(squares);
    assertThat(sums.get(0)).isEqualTo(21.25);
    assertThat(sums.columns()).isEqualTo(2);
    assertThatThrownBy(() -> sums.add(Rows.of(1, 2, 3), 1))
        .hasMessage("a row of 3 values does not fit 2 column sums");
  }

  @Test
  void slotsAreAddedToTheBaseInAscendingOrder() {
    FloatMatrix base = Rows.matrix(new float[] {1e8f, 1}, new float[] {0, 0});
    FloatMatrix weights = Rows.matrix(new float[] {-1, 2}, new float[] {.5f, 0});
    FloatMatrix slots =
        Rows.matrix(
            new float[] {1e8f, 1}, new float[] {3, 4}, new float[] {2, 6}, new float[] {9, 9});
    FloatMatrix out = Rows.zeros(2, 2);
    WeightedRowSum.of(base, weights, slots, out);
    // In any other order 1e8 would swallow the 6.
    assertThat(out.rowToArray(0)).containsExactly(6, 8);
    assertThat(out.rowToArray(1)).containsExactly(1, 3);
    WeightedRowSum.of(base, weights, slots, base);
    assertThat(base.rowToArray(0)).containsExactly(6, 8);
  }

  @Test
  void weightedSumsOfOtherShapesAreRefused() {
    assertThatThrownBy(() ->
            WeightedRowSum.of(
                Rows.zeros(2, 3), Rows.zeros(2, 2), Rows.zeros(3, 3), Rows.zeros(2, 3)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("slot rows are float32[3,3], expected [4,3]");
  }
}
