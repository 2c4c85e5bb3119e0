package io.moetool.analyzers.saliency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.moetool.analyzers.statistics.ExpertStatistic;
import io.moetool.analyzers.statistics.Observations;
import io.moetool.analyzers.statistics.Statistics;
import io.moetool.analyzers.statistics.Synthetic;
import io.moetool.formats.BadInputException;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SaliencyTest {
  private static final Offset<Double> FLOAT32 = within(1e-6);

  private static double[] scores(String method, Statistics statistics) {
    return SaliencyScores.of(SaliencyCatalog.named(method, 0), statistics).layer(0);
  }

  /** The toy layer with renormalised coefficients; every value can be worked out by hand. */
  @ParameterizedTest
  @CsvSource({
    "frequency, 2, 2, 2, 0",
    "soft_count, .9679414, .9679414, .9679414, .0961758",
    "gate_mass, 1, 1, 1, 0",
    "ean_sum, 7, 14, 15, 0",
    "ean_mean, 3.5, 7, 7.5, 0",
    "man, 3.5, 7, 7.5, 0",
    "msan, 14.5, 85, 62.5, 0",
    "reap, 2.09658787, 2.11364853, 3.17235355, 0",
    "weighted_ean_sum, 4.19317574, 4.22729706, 6.34470711, 0",
    "reap_l2, 6.82524204, 6.37906507, 10.29705747, 0",
    "weighted_ean_sum_l2, 13.65048408, 12.75813014, 20.59411495, 0",
    "max_activations, 4, 12, 8, 0"
  })
  void methodsOnDataGiveTheToyLayersScores(
      String method, double e0, double e1, double e2, double e3) {
    assertThat(scores(method, Observations.toy(true)))
        .containsExactly(new double[] {e0, e1, e2, e3}, within(1e-5));
  }

  @Test
  void rawSoftmaxCoefficientsGiveOtherScores() {
    assertThat(scores("reap", Observations.toy(false)))
        .containsExactly(new double[] {1.84666847, 1.86169545, 2.79419974, 0}, FLOAT32);
  }

  /** Mean magnitude over root mean square; the paper removes the highest first. */
  @Test
  void heavyTailsAreKeptBeforeFlatWeights() {
    Statistics weights =
        Synthetic.withWeights(
            new double[] {2, -2, 2, -2},
            new double[] {3, 0, 0, 0},
            new double[] {1, 2, 3, 4},
            new double[] {-7, -14, -21, -28},
            gaussian(100_000));

    double[] scores = scores("aimer", weights);
    assertThat(scores[0]).isEqualTo(-1);
    assertThat(scores[1]).isEqualTo(-.5);
    assertThat(scores[2]).isCloseTo(-.91287093, within(1e-8));
    assertThat(scores[3]).isCloseTo(scores[2], within(1e-15));
    assertThat(scores[4]).isCloseTo(-.79788, within(2e-3));
  }

  @Test
  void anExpertOfZerosGoesFirst() {
    double[] scores =
        scores("aimer", Synthetic.withWeights(new double[] {0, 0}, new double[] {1, 2}));
    assertThat(scores[0]).isEqualTo(-1).isLessThan(scores[1]);
  }

  @Test
  void magnitudeIsTheMeanAbsoluteWeight() {
    assertThat(scores("magnitude", Synthetic.withWeights(new double[] {1, -3}, new double[] {5})))
        .containsExactly(2, 5);
  }

  /** The second row moved, but is as long as before: it goes first. */
  @Test
  void routerRowsThatGrewAreKeptBeforeThoseThatTurned() {
    Statistics statistics =
        Synthetic.withRouters(new double[][] {{3, 4}, {3, 4}}, new double[][] {{6, 8}, {4, 3}});

    assertThat(scores("router_norm_change", statistics)).containsExactly(5, 0);
  }

  /** Whatever turns the space of hidden states, lengths and so the order stay. */
  @Test
  void aTurnOfAllRowsChangesNoRouterNorm() {
    double[][] rows = {{3, 4}, {1, 2}, {-2, 0.5}};
    double[][] turned = {{-4, 3}, {-2, 1}, {-0.5, -2}};

    assertThat(scores("router_norm_change", Synthetic.withRouters(rows, turned)))
        .containsExactly(0, 0, 0);
  }

  private static double[] gaussian(int count) {
    SplittableRandom random = new SplittableRandom(1);
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextGaussian();
    }
    return values;
  }

  /** Contributions 1 and 3: a quarter and three quarters, whatever their scale. */
  @Test
  void contributionsAreSharesOfTheirLayer() {
    assertThat(scores("easy_ep", Synthetic.with(ExpertStatistic.EASY, 1, 3)))
        .containsExactly(.25, .75);
    assertThat(scores("easy_ep", Synthetic.with(ExpertStatistic.EASY, 1000, 3000)))
        .containsExactly(.25, .75);
    assertThat(scores("easy_ep", Synthetic.with(ExpertStatistic.EASY, 0, 0))).containsExactly(0, 0);
  }

  @Test
  void domainsContributeAlikeHoweverLargeTheirOutputs() {
    Statistics statistics = Synthetic.random(1, 5, 2, 3, List.of("small", "large"));
    double[] scores = scores("easy_ep", statistics);
    double sum = 0;
    for (double score : scores) {
      sum += score;
    }
    assertThat(sum).isCloseTo(1, within(1e-12));
  }

  @Test
  void ranksByLotAreAPermutationThatTheSeedDecides() {
    Statistics statistics = Synthetic.random(2, 50, 2, 1, List.of("a"));
    SaliencyScores one = SaliencyScores.of(SaliencyCatalog.named("random", 1), statistics);
    SaliencyScores again = SaliencyScores.of(SaliencyCatalog.named("random", 1), statistics);
    SaliencyScores other = SaliencyScores.of(SaliencyCatalog.named("random", 2), statistics);

    assertThat(one.layer(0)).isEqualTo(again.layer(0));
    assertThat(one.layer(0)).isNotEqualTo(one.layer(1)).isNotEqualTo(other.layer(0));
    double[] sorted = one.layer(0);
    Arrays.sort(sorted);
    for (int i = 0; i < 50; i++) {
      assertThat(sorted[i]).isEqualTo(i + 1.0);
    }
  }

  @Test
  void scoresThatAreNoNumbersNameMethodLayerAndExpert() {
    Statistics empty = Synthetic.withWeights(new double[] {1}, new double[0]);
    assertThatThrownBy(() -> scores("magnitude", empty))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith("method magnitude, layer 0, expert 1: the score is NaN");
  }

  @Test
  void methodsSayWhatIsMissing() {
    Statistics weights = Synthetic.withWeights(new double[] {1}, new double[] {2});
    assertThatThrownBy(() -> scores("reap", weights))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("analyze the model with --data");
    assertThatThrownBy(() -> scores("aimer", Observations.toy(true)))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("nothing was measured on weights");
    assertThatThrownBy(() -> scores("router_norm_change", weights))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("analyze the model with --base");
  }

  @Test
  void unknownMethodsAreAnsweredWithTheKnownOnes() {
    assertThatThrownBy(() -> SaliencyCatalog.named("reaper", 0))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("'reaper'")
        .hasMessageContaining("frequency, soft_count, gate_mass")
        .hasMessageContaining("random");
    assertThat(SaliencyCatalog.names()).doesNotHaveDuplicates().hasSize(22);
  }
}
