package io.moetool.analyzers.reconstruction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.moetool.formats.family.RouterSpec;
import io.moetool.runtime.run.WorkPool;
import java.lang.foreign.Arena;
import java.util.Arrays;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ReconstructionTest {
  private static final Offset<Double> FLOAT32 = within(2e-6);
  private static final RouterSpec RENORMALISED = RouterSpec.softmaxThenTopK(2, true);
  private static final RouterSpec RAW = RouterSpec.softmaxThenTopK(2, false);

  private final Arena arena = Arena.ofShared();
  private final WorkPool pool = new WorkPool(2);

  @AfterEach
  void close() {
    pool.close();
    arena.close();
  }

  @Test
  void energyIsWhatTheExpertsAdd() {
    double expected =
        Math.pow(3.53788284, 2)
            + Math.pow(6.15153137, 2)
            + Math.pow(2.88258995, 2)
            + Math.pow(1.61364853, 2)
            + Math.pow(.53788284, 2)
            + Math.pow(3.65529289, 2);
    assertThat(ToyLayer.routed(arena, RENORMALISED).energy()).isCloseTo(expected, within(1e-4));
  }

  @Test
  void anExpertAloneCostsWhatItsTokensLose() {
    Elimination found = Elimination.of(ToyLayer.routed(arena, RENORMALISED), pool);
    assertThat(Arrays.stream(found.alone()).map(Math::sqrt).toArray())
        .containsExactly(new double[] {3.12501227, 4.99464164, 4.10036545, 0}, FLOAT32);
    assertThat(Arrays.stream(found.alone()).map(loss -> loss / 6).toArray())
        .containsExactly(new double[] {1.62761694, 4.15774086, 2.80216615, 0}, FLOAT32);
  }

  @Test
  void theExpertMissedLeastGoesFirst() {
    Elimination found = Elimination.of(ToyLayer.routed(arena, RENORMALISED), pool);
    assertThat(found.steps()).containsExactly(2, 0, 0, 1);
    assertThat(found.losses()).hasSize(3).startsWith(0, 0);
    assertThat(Math.sqrt(found.losses()[2])).isCloseTo(3.12501227, FLOAT32);
  }

  /** Shares of raw softmax grow by 1/(1 - .0320586) for every token once expert 3 is away. */
  @Test
  void sharesThatGrowAreALoss() {
    Elimination found = Elimination.of(ToyLayer.routed(arena, RAW), pool);
    assertThat(Math.sqrt(found.alone()[3])).isCloseTo(.25250791, FLOAT32);
    assertThat(found.steps()[3]).isEqualTo(1);
  }

  @Test
  void everySetIsTriedAndTheBestOfEachSizeFound() {
    SubsetSearch found = SubsetSearch.of(ToyLayer.routed(arena, RENORMALISED), pool);
    assertThat(found.sets()).containsExactly(0, 0b1000, 0b1001, -1, -1);
    assertThat(found.losses()[0]).isZero();
    assertThat(found.losses()[1]).isZero();
    assertThat(Math.sqrt(found.losses()[2])).isCloseTo(3.12501227, FLOAT32);
    assertThat(found.losses()[3]).isEqualTo(-1);
  }

  @Test
  void pairsCostWhatReroutedTokensLose() {
    Rerouting tokens = ToyLayer.routed(arena, RENORMALISED);
    assertThat(loss(tokens, 0, 1)).isCloseTo(7.83857701, FLOAT32);
    assertThat(loss(tokens, 0, 2)).isCloseTo(6.41661020, FLOAT32);
    assertThat(loss(tokens, 1, 2)).isCloseTo(4.27211476, FLOAT32);
    assertThat(loss(tokens, 1, 3)).isCloseTo(4.99464164, FLOAT32);
    assertThat(loss(tokens, 2, 3)).isCloseTo(4.10036545, FLOAT32);
  }

  /** Of two groups of two experts one is used, and has to have two. */
  @Test
  void groupsThatWouldBeTooSmallKeepTheirExperts() {
    RouterSpec.TopScores grouped =
        RouterSpec.softmaxThenTopK(2, true)
            .withGroups(
                new RouterSpec.Groups(
                    2, 1, RouterSpec.GroupScore.MAX, RouterSpec.Fill.NEGATIVE_INFINITY));
    Elimination found = Elimination.of(ToyLayer.routed(arena, grouped), pool);
    assertThat(found.losses()).containsExactly(0);
    assertThat(found.alone()).containsOnly(Double.POSITIVE_INFINITY);
    assertThat(RankedChoice.steps(ToyLayer.routed(arena, grouped))).containsOnly(0);
  }

  /** Votes 2, 2, 2, 0; then 2 of the three left stay, and of equals the highest goes. */
  @Test
  void whoIsNeverChosenIsVotedOutFirst() {
    assertThat(RankedChoice.steps(ToyLayer.routed(arena, RENORMALISED)))
        .containsExactly(0, 0, 2, 1);
  }

  @Test
  void curvesNameTheExpertsAndTheShareOfTheOutputThatIsLost() {
    LossCurve steps =
        LossCurve.ofSteps(new double[] {2, 0, 0, 1}, new double[] {0, 1, 4, -1, -1}, 16);
    assertThat(steps.mostRemoved()).isEqualTo(2);
    assertThat(steps.removed(0)).isEmpty();
    assertThat(steps.removed(2)).containsExactly(0, 3);
    assertThat(steps.squaredError(2)).isEqualTo(4);
    assertThat(steps.relativeError(2)).isEqualTo(.5);

    LossCurve sets =
        LossCurve.ofSets(4, new double[] {0, 0b1000, 0b0110, -1, -1}, new double[] {0, 1, 3}, 3);
    assertThat(sets.removed(1)).containsExactly(3);
    assertThat(sets.removed(2)).containsExactly(1, 2);
    assertThat(sets.relativeError(2)).isEqualTo(1);
  }

  @Test
  void curvesThatContradictThemselvesAreRefused() {
    double[] losses = {0, 1, 2};
    assertThatThrownBy(() -> LossCurve.ofSteps(new double[] {1, 1}, losses, 1))
        .hasMessageContaining("expert 1 goes at step 1");
    assertThatThrownBy(() -> LossCurve.ofSteps(new double[] {2, 0}, losses, 1))
        .hasMessageContaining("no expert goes at step 1");
    assertThatThrownBy(() -> LossCurve.ofSteps(new double[] {.5, 0}, losses, 1))
        .hasMessageContaining("step 0.5");
    assertThatThrownBy(() -> LossCurve.ofSteps(new double[] {1, 0}, new double[] {0, -1, 0}, 1))
        .hasMessageContaining("loss of taking away 1");
    assertThatThrownBy(() -> LossCurve.ofSets(2, new double[] {0, 3, -1}, losses, 1))
        .hasMessageContaining("a set of 1 experts is 3");
    assertThatThrownBy(() -> LossCurve.ofSets(2, new double[] {0, 4, -1}, losses, 1))
        .hasMessageContaining("a set of 1 experts is 4");
    assertThatThrownBy(() -> LossCurve.ofSets(2, new double[] {-1, -1, -1}, losses, 1))
        .hasMessageContaining("empty set");
  }

  private static double loss(Rerouting tokens, int first, int second) {
    boolean[] masked = new boolean[4];
    masked[first] = true;
    masked[second] = true;
    return Math.sqrt(
        tokens.without(masked, tokens.concerned(tokens.chosen(), masked)).orElseThrow().total());
  }
}
