package io.moetool.analyzers.damage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.moetool.analyzers.statistics.LayerStatistics;
import io.moetool.analyzers.statistics.Observations;
import java.util.List;
import org.junit.jupiter.api.Test;

class LayerDamageTest {
  /**
   * Two tokens with hidden states of length 1: the first chose experts 0 and 1, which add (1,0) and
   * (1,0), the second 1 and 2, which add (0,1) and (0,-1).
   */
  private static final double[][] MOVES = {{1, 1, 0}, {1, 2, -1}, {0, -1, 1}};

  private static final LayerDamage LAYER = new LayerDamage(3, (i, j) -> MOVES[i][j], 2);

  @Test
  void lossesOfOneTokenAddUpAsVectors() {
    assertThat(LAYER.of(List.of())).isZero();
    assertThat(LAYER.of(List.of(0))).isEqualTo(.5);
    assertThat(LAYER.of(List.of(1))).isEqualTo(1);
    // (2,0) and (0,1): (4 + 1) / 2.
    assertThat(LAYER.of(List.of(0, 1))).isEqualTo(2.5);
    // (1,0) and nothing: the experts of the second token cancel.
    assertThat(LAYER.of(List.of(2, 1))).isEqualTo(.5);
    assertThat(LAYER.of(List.of(2, 1, 0))).isEqualTo(2);
  }

  @Test
  void aCurveIsTheDamageOfEveryBeginning() {
    assertThat(LAYER.along(List.of(2, 0, 1))).containsExactly(0, .5, 1, 2);
    assertThat(LAYER.along(List.of(1, 0, 2))).containsExactly(0, 1, 2.5, 2);
  }

  /**
   * The three tokens of the toy layer, with hidden states of lengths 5, 2 and 1 after the block.
   */
  @Test
  void theDamageIsTheErrorOfALayerWithoutTheExperts() {
    float[][] after = {{3, 4}, {0, 2}, {1, 0}};
    LayerStatistics layer = Observations.toyLayer(after);
    double[][] lost = {
      // Token 0 loses .7310586 (3,4), token 2 .2689414 (2,0).
      {.7310586 * 5 / 5, 0, .2689414 * 2},
      {.2689414 * 13 / 5, .7310586 / 2, 0},
      {0, .2689414 * 10 / 2, .7310586 * 5}
    };
    for (int expert = 0; expert < 3; expert++) {
      double sum = 0;
      for (double token : lost[expert]) {
        sum += token * token;
      }
      assertThat(LayerDamage.of(layer).of(List.of(expert))).isCloseTo(sum / 3, within(1e-6));
    }
    assertThat(LayerDamage.of(layer).of(List.of(3))).isZero();
    // Token 0 loses all it was given: (3.5378828, 6.1515314).
    double both = (3.5378828 * 3.5378828 + 6.1515314 * 6.1515314) / 25;
    assertThat(LayerDamage.of(layer).of(List.of(0, 1)))
        .isCloseTo((both + Math.pow(lost[1][1], 2) + Math.pow(lost[0][2], 2)) / 3, within(1e-6));
  }
}
