package io.moetool.transforms.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.moetool.analyzers.superexperts.ProtectList;
import io.moetool.formats.BadInputException;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.TinyCheckpoint;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlannerTest {
  private static final double[] ASCENDING = {.1, .2, .3, .4, .5, .6, .7, .8};

  @TempDir Path folder;
  private SourceModel source;

  @BeforeEach
  void open() {
    source = new TinyCheckpoint().open(folder.resolve("model"), 1);
  }

  @AfterEach
  void close() {
    source.close();
  }

  @Test
  void expertsWithTheLowestScoresGoAndTheRestKeepsItsOrder() {
    Plan plan = plan(TinyEvidence.of(source, .8, .1, .7, .2, .6, .3, .5, .4), Target.keep(4));

    assertThat(plan.layers()).extracting(LayerPlan::layer).containsExactly(1, 2);
    LayerPlan layer = plan.layers().getFirst();
    assertThat(layer.kept()).containsExactly(0, 2, 4, 6);
    assertThat(layer.dropped()).containsExactly(1, 3, 5, 7);
    assertThat(layer.margin()).hasValue(.5 - .4);
    assertThat(layer.scores()).containsExactly(.8, .1, .7, .2, .6, .3, .5, .4);
    assertThat(plan.expertsBefore()).isEqualTo(8);
    assertThat(plan.expertsAfter()).isEqualTo(4);
    assertThat(plan.expertsPerToken()).isEqualTo(2);
    assertThat(plan.source().modelType()).isEqualTo("qwen3_moe");
  }

  @Test
  void aShareIsRoundedDownToWholeExperts() {
    assertThat(Target.remove("50%").expertsAfter(32)).isEqualTo(16);
    assertThat(Target.remove("0.25").expertsAfter(32)).isEqualTo(24);
    assertThat(Target.remove("30%").expertsAfter(8)).isEqualTo(6);
    assertThat(Target.remove("0%").expertsAfter(8)).isEqualTo(8);
    // 0.29 * 100 is 28.999999999999996 in floating point.
    assertThat(Target.remove("29%").expertsAfter(100)).isEqualTo(71);
    assertThat(Target.remove("12.5%")).hasToString("remove 12.5%");
    for (String wrong : List.of("", "half", "-1%", "100%", "1.0", "1e-1", "50 %", "%")) {
      assertThatIllegalArgumentException().isThrownBy(() -> Target.remove(wrong));
    }
    assertThatIllegalArgumentException().isThrownBy(() -> Target.keep(0));
  }

  /** The second decision from the same scores contains no expert that the first has dropped. */
  @Test
  void keepingFewerKeepsASubset() {
    double[] scores = {.3, .3, .1, .3, 0, 0, .9, .3};
    List<Integer> before = List.of(0, 1, 2, 3, 4, 5, 6, 7);
    for (int keep = 8; keep >= 2; keep--) {
      List<Integer> kept =
          plan(TinyEvidence.of(source, scores), Target.keep(keep)).layers().getFirst().kept();
      assertThat(kept).hasSize(keep).isSubsetOf(before);
      before = kept;
    }
    assertThat(before).containsExactly(0, 6);
    assertThat(plan(TinyEvidence.of(source, scores), Target.remove("50%")))
        .usingRecursiveComparison()
        .ignoringFields("options")
        .isEqualTo(plan(TinyEvidence.of(source, scores), Target.keep(4)));
  }

  @Test
  void aProtectedExpertStaysWhateverItsScore() {
    Evidence evidence = TinyEvidence.of(source, ASCENDING);
    Protection protection =
        new Protection(
            List.of(
                list("a rule", new ProtectList.Entry(1, 0, "super expert, largest output 1250")),
                list("another rule", new ProtectList.Entry(1, 0, "of no account"))));

    Plan plan = planner().prune(evidence, PlanRequest.of(Target.keep(2)).protecting(protection));
    assertThat(plan.options().protection()).containsExactly("a rule", "another rule");
    assertThat(plan.layers().get(0).kept()).containsExactly(0, 7);
    assertThat(plan.layers().get(0).protectedExperts()).containsExactly(0);
    assertThat(plan.layers().get(0).margin()).hasValue(.8 - .7);
    assertThat(plan.layers().get(0).reasons())
        .containsExactly("expert 0 is protected: super expert, largest output 1250");
    assertThat(plan.layers().get(1).kept()).containsExactly(6, 7);

    Plan unprotected = plan(evidence, Target.keep(2));
    assertThat(unprotected.layers().get(0).kept()).containsExactly(6, 7);
    assertThat(unprotected.layers().get(0).protectedExperts()).isEmpty();
    assertThat(unprotected.options().protection()).isEmpty();
  }

  @Test
  void moreProtectedExpertsThanMayStayAreRefused() {
    Evidence evidence = TinyEvidence.of(source, ASCENDING);
    Protection protection =
        new Protection(
            List.of(
                list(
                    "a rule",
                    new ProtectList.Entry(2, 5, "because"),
                    new ProtectList.Entry(2, 1, "because"),
                    new ProtectList.Entry(2, 3, "because"))));

    Plan plan = planner().prune(evidence, PlanRequest.of(Target.keep(3)).protecting(protection));
    assertThat(plan.layers().get(1).kept()).containsExactly(1, 3, 5);
    assertThatExceptionOfType(BadInputException.class)
        .isThrownBy(
            () -> planner().prune(evidence, PlanRequest.of(Target.keep(2)).protecting(protection)))
        .withMessageContaining("layer 2: 3 experts are protected (1, 3, 5), only 2 may stay")
        .withMessageContaining("keep at least 3 experts");
  }

  private static ProtectList list(String rule, ProtectList.Entry... entries) {
    return new ProtectList(1, Optional.empty(), rule, List.of(entries));
  }

  @Test
  void aScoreThatIsNoNumberNamesLayerAndExpert() {
    for (double bad :
        new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}) {
      assertThatExceptionOfType(BadInputException.class)
          .isThrownBy(() -> plan(TinyEvidence.of(source, 1, 2, 3, bad, 5, 6, 7, 8), Target.keep(4)))
          .withMessageStartingWith(
              "statistics.safetensors, method reap, layer 1, expert 3: the score is " + bad);
    }
  }

  @Test
  void fewerExpertsThanATokenUsesAreRefusedWithTheSmallestCount() {
    assertThatExceptionOfType(BadInputException.class)
        .isThrownBy(() -> plan(TinyEvidence.of(source, ASCENDING), Target.remove("90%")))
        .withMessageContaining(
            "remove 90%: 1 of 8 experts per layer would stay, but every token uses 2")
        .withMessageContaining("keep at least 2 experts (remove at most 75%)");
    assertThatExceptionOfType(BadInputException.class)
        .isThrownBy(() -> plan(TinyEvidence.of(source, ASCENDING), Target.keep(9)))
        .withMessageContaining("keep 9: there are only 8 experts per layer");
  }

  @Test
  void scoresOfAnotherModelAreRefused() {
    assertThatExceptionOfType(BadInputException.class)
        .isThrownBy(() -> plan(TinyEvidence.of(source, 1, 2, 3, 4), Target.keep(2)))
        .withMessageContaining("layer 1: scores are for 4 experts, the model has 8");
    assertThatExceptionOfType(BadInputException.class)
        .isThrownBy(() -> plan(TinyEvidence.of("sha256:0", ASCENDING), Target.keep(2)))
        .withMessageContaining("scores are for another model: sha256:0, this one is sha256:");
    Evidence evidence = TinyEvidence.of(source, ASCENDING);
    Evidence oneLayer =
        new Evidence(
            evidence.where(),
            evidence.fingerprint(),
            evidence.method(),
            evidence.seed(),
            Optional.empty(),
            evidence.statistics(),
            evidence.layers().subList(0, 1));
    assertThatExceptionOfType(BadInputException.class)
        .isThrownBy(() -> plan(oneLayer, Target.keep(2)))
        .withMessageContaining("scores are for layers [1], the model has experts in layers [1, 2]");
  }

  @Test
  void forecastIsTheSumOfWhatStays() {
    // An expert is 3 matrices of 2 x 4 elements, a router row has 4 elements, all of 2 bytes.
    long perExpert = 2 * (3 * 8 + 4);
    long before = new TinyCheckpoint().bytes();

    Plan.Forecast forecast = plan(TinyEvidence.of(source, ASCENDING), Target.keep(5)).forecast();
    assertThat(forecast.bytesBefore()).isEqualTo(before);
    assertThat(forecast.bytesAfter()).isEqualTo(before - 2 * 3 * perExpert);
  }

  @Test
  void countsThatServingEnginesDislikeAreWarnedAbout() {
    assertThat(plan(TinyEvidence.of(source, ASCENDING), Target.keep(8)).warnings()).isEmpty();
    assertThat(plan(TinyEvidence.of(source, ASCENDING), Target.keep(4)).warnings())
        .singleElement()
        .asString()
        .startsWith("4 experts are no multiple of 8");
    assertThat(plan(TinyEvidence.of(source, ASCENDING), Target.keep(6)).warnings())
        .singleElement()
        .asString()
        .startsWith("6 experts are no multiple of 4");
    assertThat(plan(TinyEvidence.of(source, ASCENDING), Target.keep(2)).warnings())
        .anyMatch(w -> w.startsWith("every token will use all 2 experts"));
  }

  @Test
  void softmaxWithoutRenormalisingIsWarnedAbout() {
    TinyCheckpoint raw =
        new TinyCheckpoint().withConfig("\"norm_topk_prob\": true", "\"norm_topk_prob\": false");
    try (SourceModel model = raw.open(folder.resolve("raw"), 1)) {
      Planner planner =
          new Planner(model.architecture(), model.tensors(), model.fingerprint(), "test");
      assertThat(
              planner
                  .prune(TinyEvidence.of(model, ASCENDING), PlanRequest.of(Target.keep(4)))
                  .warnings())
          .anyMatch(w -> w.contains("without renormalising"));
      assertThat(
              planner
                  .prune(TinyEvidence.of(model, ASCENDING), PlanRequest.of(Target.keep(8)))
                  .warnings())
          .isEmpty();
    }
  }

  /**
   * Experts 0 to 3 go. In layer 1 they had 0.5 of 4 summed shares: 1 / (1 - 0.125) = 1.142857; in
   * layer 2 they had 1 of 4: 1 / (1 - 0.25) = 1.333333.
   */
  @Test
  void howMuchRawSharesGrowIsSaidWhereItWasMeasured() {
    TinyCheckpoint raw =
        new TinyCheckpoint().withConfig("\"norm_topk_prob\": true", "\"norm_topk_prob\": false");
    try (SourceModel model = raw.open(folder.resolve("raw"), 1)) {
      Planner planner =
          new Planner(model.architecture(), model.tensors(), model.fingerprint(), "test");
      Evidence measured =
          withShares(
              TinyEvidence.of(model, ASCENDING),
              new double[] {.125, .125, .125, .125, .5, 1, 1, 1},
              new double[] {.25, .25, .25, .25, .75, .75, .75, .75});
      Plan plan = planner.prune(measured, PlanRequest.of(Target.keep(4)));

      assertThat(plan.warnings())
          .anyMatch(w ->
              w.contains(
                  "by a factor of at least 1.142 to 1.333 by layer in the mean (what goes had 12.5 % to 25.0 % by layer of the softmax)"));
      assertThat(plan.layers().getFirst().reasons())
          .containsExactly(
              "what goes had 12.5 % of the softmax, so coefficients of what stays grow by a factor of at least 1.142 in the mean");
      assertThat(plan.layers().getLast().reasons())
          .singleElement()
          .asString()
          .contains("25.0 %", "1.333");
      assertThat(
              planner.prune(measured, PlanRequest.of(Target.keep(8))).layers().getFirst().reasons())
          .isEmpty();
    }
    Evidence renormalised =
        withShares(
            TinyEvidence.of(source, ASCENDING),
            new double[] {1, 1, 1, 1, 1, 1, 1, 1},
            new double[] {1, 1, 1, 1, 1, 1, 1, 1});
    Plan unaffected = plan(renormalised, Target.keep(4));
    assertThat(unaffected.layers().getFirst().reasons()).isEmpty();
    assertThat(unaffected.warnings()).noneMatch(w -> w.contains("softmax"));
  }

  private static Evidence withShares(Evidence evidence, double[]... shares) {
    List<LayerEvidence> layers = new ArrayList<>();
    for (int i = 0; i < shares.length; i++) {
      layers.add(evidence.layers().get(i).withShares(shares[i]));
    }
    return new Evidence(
        evidence.where(),
        evidence.fingerprint(),
        evidence.method(),
        evidence.seed(),
        evidence.domains(),
        evidence.statistics(),
        layers);
  }

  @Test
  void expertsThatFewTokensChoseAreNamed() {
    Evidence evidence = TinyEvidence.of(source, ASCENDING);
    Evidence starved =
        new Evidence(
            evidence.where(),
            evidence.fingerprint(),
            evidence.method(),
            evidence.seed(),
            Optional.empty(),
            evidence.statistics(),
            List.of(
                LayerEvidence.ofData(
                    1, ASCENDING, new long[] {31, 32, 0, 99, 99, 99, 99, 99}, new double[8]),
                LayerEvidence.ofWeights(2, ASCENDING)));

    Plan plan = plan(starved, Target.keep(8));
    assertThat(plan.warnings())
        .singleElement()
        .asString()
        .startsWith("fewer than 32 calibration tokens chose some experts (2 in layer 1), so");
    assertThat(plan.layers().getFirst().reasons())
        .containsExactly(
            "no calibration token chose expert 2",
            "fewer than 32 calibration tokens chose expert 0");
    assertThat(plan.layers().getLast().reasons()).isEmpty();
  }

  @Test
  void expertsThatFewTokensChoseMayBeLeftToStay() {
    Evidence evidence = TinyEvidence.of(source, ASCENDING);
    Evidence starved =
        new Evidence(
            evidence.where(),
            evidence.fingerprint(),
            evidence.method(),
            evidence.seed(),
            Optional.empty(),
            evidence.statistics(),
            List.of(
                LayerEvidence.ofData(
                    1, ASCENDING, new long[] {9, 10, 0, 99, 99, 99, 99, 99}, new double[8]),
                LayerEvidence.ofWeights(2, ASCENDING)));
    Protection unjudged = new Protection(List.of(StarvedExperts.of(starved, 10)));

    Plan plan = planner().prune(starved, PlanRequest.of(Target.keep(4)).protecting(unjudged));
    assertThat(plan.layers().getFirst().kept()).containsExactly(0, 2, 6, 7);
    assertThat(plan.layers().getFirst().reasons())
        .contains("expert 0 is protected: 9 calibration tokens chose it, too few to judge by");
    assertThat(plan.layers().getLast().protectedExperts()).isEmpty();
    assertThat(plan.options().protection())
        .containsExactly(
            "experts that fewer than 10 calibration tokens chose are not judged by them");
  }

  @Test
  void aTieAtTheBorderIsExplained() {
    assertThat(reason(List.of(9L, 9L), List.of(.5, .6)))
        .isEqualTo(
            "experts 1 (goes) and 0 (stays) have the same score; the higher index goes first");
    assertThat(reason(List.of(0L, 9L), List.of(.5, .4)))
        .isEqualTo(
            "experts 0 (goes) and 1 (stays) have the same score; the one that no token chose goes first");
    assertThat(reason(List.of(0L, 0L), List.of(.4, .5)))
        .isEqualTo(
            "experts 0 (goes) and 1 (stays) have the same score; no token chose them,"
                + " so the smaller share of the router's scores goes first");
    assertThat(reason(List.of(0L, 0L), List.of(.5, .5))).endsWith("the higher index goes first");
  }

  /** The last reason for choosing one of two experts with the same score. */
  private static String reason(List<Long> tokens, List<Double> softCounts) {
    LayerEvidence layer =
        LayerEvidence.ofData(
            0,
            new double[] {7, 7},
            tokens.stream().mapToLong(t -> t).toArray(),
            softCounts.stream().mapToDouble(s -> s).toArray());
    LayerPlan plan =
        new LayerChoice(layer, new ExpertGroups(1, 1, 2), new TreeMap<>(), own -> own).keep("", 1);
    assertThat(plan.margin()).hasValue(0);
    return plan.reasons().getLast();
  }

  private Plan plan(Evidence evidence, Target target) {
    return planner().prune(evidence, PlanRequest.of(target));
  }

  private Planner planner() {
    return new Planner(source.architecture(), source.tensors(), source.fingerprint(), "test");
  }
}
