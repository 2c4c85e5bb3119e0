package io.moetool.transforms.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.moetool.analyzers.damage.LayerDamage;
import io.moetool.analyzers.superexperts.ProtectList;
import io.moetool.formats.BadInputException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LayerCountsTest {
  /**
   * Shares of the layer's mean: .4 .8 1.2 1.6 in the first layer, .04 .04 .12 3.8 in the second.
   */
  private static final Evidence UNEVEN = evidence(new double[][] {{1, 2, 3, 4}, {10, 10, 30, 950}});

  @Test
  void overallRanksAreSharesOfALayersMean() {
    assertThat(counts(UNEVEN, new Budget.Global(1), 3)).containsExactly(4, 2);
    assertThat(counts(UNEVEN, new Budget.Global(1), 2)).containsExactly(3, 1);
    assertThat(counts(UNEVEN, new Budget.Global(2), 2)).containsExactly(2, 2);
    assertThat(counts(UNEVEN, new Budget.Uniform(), 2)).containsExactly(2, 2);
  }

  @Test
  void layersWithoutScoresAndWithNegativeOnesAreRankedToo() {
    assertThat(counts(evidence(new double[][] {{0, 0, 0}, {1, 1, 1}}), new Budget.Global(1), 2))
        .containsExactly(1, 3);
    // -1.2 -1 -.8 against -1.46 -1.42 -.13.
    assertThat(
            counts(
                evidence(new double[][] {{-.6, -.5, -.4}, {-.35, -.34, -.03}}),
                new Budget.Global(1),
                2))
        .containsExactly(3, 1);
  }

  @Test
  void moreThanMayGoIsRefused() {
    Protection three =
        new Protection(
            List.of(
                ProtectList.ofExperts(
                    Optional.empty(),
                    "a rule",
                    List.of(
                        new ProtectList.Entry(1, 0, "because"),
                        new ProtectList.Entry(1, 1, "because"),
                        new ProtectList.Entry(1, 2, "because")))));
    PlanRequest request =
        PlanRequest.of(Target.keep(2)).dividedBy(new Budget.Global(1)).protecting(three);
    assertThat(LayerCounts.of(UNEVEN, request, 2)).containsExactly(1, 3);
    assertThatExceptionOfType(BadInputException.class)
        .isThrownBy(() -> LayerCounts.of(UNEVEN, request, 1))
        .withMessageContaining("6 experts are to go from all layers together, but only 4 may");
  }

  /** Damages by experts lost: 0 1 4 9 in the first layer, 0 2 3 5 in the second. */
  @Test
  void damagesAddUpToTheLeast() {
    Evidence evidence = withDamages(new double[][] {{1, 3, 5, 90}, {2, 1, 2, 90}});
    assertThat(counts(evidence, new Budget.Damage(1), 3)).containsExactly(3, 3);
    assertThat(counts(evidence, new Budget.Damage(1), 2)).containsExactly(3, 1);
    assertThat(counts(evidence, new Budget.Damage(2), 2)).containsExactly(2, 2);
    assertThatExceptionOfType(BadInputException.class)
        .isThrownBy(() -> counts(UNEVEN, new Budget.Damage(1), 2))
        .withMessageContaining("layer 0: damages were not measured");
  }

  /** Against trying every division. */
  @Test
  void noDivisionHasLessDamage() {
    SplittableRandom random = new SplittableRandom(7);
    for (int trial = 0; trial < 50; trial++) {
      double[][] steps = new double[3][4];
      for (double[] layer : steps) {
        Arrays.setAll(layer, i -> random.nextInt(20));
      }
      Evidence evidence = withDamages(steps);
      int uniform = 1 + random.nextInt(4);
      double found = damage(steps, counts(evidence, new Budget.Damage(1), uniform));
      double least = Double.POSITIVE_INFINITY;
      for (int a = 1; a <= 4; a++) {
        for (int b = 1; b <= 4; b++) {
          int c = 3 * uniform - a - b;
          if (c >= 1 && c <= 4) {
            least = Math.min(least, damage(steps, List.of(a, b, c)));
          }
        }
      }
      assertThat(found).isEqualTo(least);
    }
  }

  private static double damage(double[][] steps, List<Integer> stay) {
    double damage = 0;
    for (int i = 0; i < steps.length; i++) {
      for (int gone = 0; gone < 4 - stay.get(i); gone++) {
        damage += steps[i][gone];
      }
    }
    return damage;
  }

  private static List<Integer> counts(Evidence evidence, Budget budget, int uniform) {
    return LayerCounts.of(
        evidence, PlanRequest.of(Target.keep(uniform)).dividedBy(budget), uniform);
  }

  private static Evidence evidence(double[][] scores) {
    List<LayerEvidence> layers = new ArrayList<>();
    for (double[] layer : scores) {
      layers.add(LayerEvidence.ofWeights(layers.size(), layer));
    }
    return of(layers);
  }

  /** Experts go in the order of their indices, and each adds so much. */
  private static Evidence withDamages(double[][] steps) {
    List<LayerEvidence> layers = new ArrayList<>();
    for (double[] layer : steps) {
      layers.add(
          LayerEvidence.ofWeights(layers.size(), new double[] {1, 2, 3, 4})
              .withDamage(new LayerDamage(4, (i, j) -> i == j ? layer[i] : 0, 1)));
    }
    return of(layers);
  }

  private static Evidence of(List<LayerEvidence> layers) {
    return new Evidence(
        "statistics",
        "sha256:toy",
        "reap",
        OptionalLong.empty(),
        Optional.empty(),
        Optional.empty(),
        layers);
  }
}
