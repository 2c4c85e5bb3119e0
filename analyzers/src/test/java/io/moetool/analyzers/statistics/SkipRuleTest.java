package io.moetool.analyzers.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SkipRuleTest {
  private static final double[] SCORES = {.5, .25, .125, .0625, .0625};
  private static final double[] LOGITS = {3, 2.5, 1.2, .4, -20};

  /** One token that chose five experts whose outputs are 1 long each and add up to 2. */
  private static LayerStatistics layer() {
    SkippedSums sums = new SkippedSums();
    sums.add(SCORES, LOGITS, SCORES, 1, SCORES, 2);
    return new LayerStatistics(
        0,
        List.of(1L),
        List.of(new ExpertSums(5)),
        Map.of(MatrixStatistic.SKIPPED, sums.toMatrix()));
  }

  /** The shortest run of scores that strictly exceeds p, in 64ths. */
  @ParameterizedTest
  @CsvSource({"26,1", "31,1", "32,2", "48,3", "58,4", "64,5", "0,1"})
  void topPKeepsTheOneThatCrosses(int limit, int kept) {
    assertThat(SkipRule.SHARE.skipped(layer(), limit).choices()).isEqualTo(5 - kept);
  }

  @Test
  void fewerExpertsSkipTheLast() {
    SkipRule.Skipped skipped = SkipRule.RANK.skipped(layer(), 2);
    assertThat(skipped.choices()).isEqualTo(3);
    assertThat(skipped.mass()).isEqualTo(.25);
    assertThat(skipped.bound()).isEqualTo(.125);
    assertThat(SkipRule.RANK.total(layer()).mass()).isEqualTo(1);
  }

  /** Parts of the largest: 1, 1/2, 1/4, 1/8, 1/8; those below the limit go. */
  @ParameterizedTest
  @CsvSource({"8,5", "9,3", "16,3", "17,2", "32,2", "33,1", "64,1"})
  void comparisonWithTheBestKeepsItself(int limit, int kept) {
    assertThat(SkipRule.RATIO.skipped(layer(), limit).choices()).isEqualTo(5 - kept);
  }

  /** A limit of 2.5 keeps logits of at least 2.5; one above all keeps nobody. */
  @Test
  void nullExpertsBeatLowerLogits() {
    assertThat(SkipRule.LOGIT.limit(37)).isEqualTo(2.5);
    assertThat(SkipRule.LOGIT.skipped(layer(), 37).choices()).isEqualTo(3);
    assertThat(SkipRule.LOGIT.skipped(layer(), 38).choices()).isEqualTo(4);
    assertThat(SkipRule.LOGIT.skipped(layer(), 64).choices()).isEqualTo(5);
    assertThat(SkipRule.LOGIT.skipped(layer(), 0).choices()).isZero();
  }

  @Test
  void tokensWithoutOutputHaveNoBound() {
    SkippedSums sums = new SkippedSums();
    sums.add(new double[] {0, 0}, new double[] {0, 0}, new double[] {0, 0}, 0, new double[2], 0);
    LayerStatistics layer =
        new LayerStatistics(
            0,
            List.of(1L),
            List.of(new ExpertSums(2)),
            Map.of(MatrixStatistic.SKIPPED, sums.toMatrix()));
    assertThat(SkipRule.RANK.skipped(layer, 1).bound()).isCloseTo(0, within(0.0));
    assertThat(SkipRule.RATIO.skipped(layer, 64).choices()).isZero();
  }
}
