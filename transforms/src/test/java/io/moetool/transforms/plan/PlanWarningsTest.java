package io.moetool.transforms.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.moetool.formats.family.RouterSpec;
import org.junit.jupiter.api.Test;

class PlanWarningsTest {
  private static final RouterSpec.Groups GROUPS =
      new RouterSpec.Groups(
          4, 2, RouterSpec.GroupScore.TOP2_SUM, RouterSpec.Fill.NEGATIVE_INFINITY);

  @Test
  void sigmoidRoutersThatRankGroupsAreNotSaidToUseSoftmax() {
    assertThat(
            PlanWarnings.effectsOfRemoval(RouterSpec.biasedSigmoidTopK(3).withGroups(GROUPS), ""))
        .singleElement()
        .asString()
        .contains("ranks groups of experts")
        .doesNotContain("softmax");
  }

  @Test
  void rawSoftmaxInGroupsHasBothEffects() {
    assertThat(
            PlanWarnings.effectsOfRemoval(
                RouterSpec.softmaxThenTopK(3, false).withGroups(GROUPS), ""))
        .hasSize(2)
        .anyMatch(effect -> effect.contains("without renormalising"))
        .anyMatch(effect -> effect.contains("ranks groups of experts"));
  }

  @Test
  void aBiasOnSoftmaxScoresMayChangeTheChoice() {
    assertThat(
            PlanWarnings.effectsOfRemoval(
                RouterSpec.softmaxThenTopK(3, true).withSelectionBias(true), ""))
        .singleElement()
        .asString()
        .contains("adds a bias to softmax scores");
  }

  @Test
  void sharesAmongNearExpertsGrow() {
    assertThat(PlanWarnings.effectsOfRemoval(new RouterSpec.SparseMixer(0.01f), ""))
        .singleElement()
        .asString()
        .contains("share among those near it");
  }

  @Test
  void routersThatRemovalDoesNotTouchAreNotWarnedOf() {
    assertThat(PlanWarnings.effectsOfRemoval(RouterSpec.biasedSigmoidTopK(3), "")).isEmpty();
    assertThat(PlanWarnings.effectsOfRemoval(RouterSpec.softmaxThenTopK(3, true), "")).isEmpty();
  }
}
