package io.moetool.transforms.validate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.moetool.formats.BadInputException;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.runtime.ort.Device;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.RunProgress;
import io.moetool.runtime.run.WorkPool;
import io.moetool.transforms.GoldenModel;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.evaluate.OpenModel;
import io.moetool.transforms.plan.Evidence;
import io.moetool.transforms.plan.LayerEvidence;
import io.moetool.transforms.plan.Plan;
import io.moetool.transforms.plan.PlanRequest;
import io.moetool.transforms.plan.Planner;
import io.moetool.transforms.plan.Target;
import io.moetool.transforms.prune.UnwrittenModel;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class LayerValidatorTest {
  private static final GoldenModel GOLDEN = new GoldenModel("mixtral");
  private static final FamilyCatalog FAMILIES = FamilyCatalog.builtIn();
  private static final OrtEngine ENGINE = OrtEngine.open(Device.CPU);
  private static final WorkPool POOL = new WorkPool(2);

  @AfterAll
  static void stop() {
    POOL.close();
  }

  /** The first expert alone goes, so that all others have another number. */
  @Test
  void whatStaysIsTheSameExpertUnderAnotherNumber() {
    try (SourceModel source = GOLDEN.open();
        OpenModel base = OpenModel.open(GOLDEN.folder(), FAMILIES, ENGINE, POOL)) {
      Plan plan = withoutTheFirst(source);
      LayerValidator validator =
          new LayerValidator(base, GOLDEN.sequences(), Long.MAX_VALUE, RunProgress.NONE);
      try (OpenModel candidate =
          UnwrittenModel.open(source, "plan", plan, FAMILIES, ENGINE, POOL)) {
        List<LayerDifference> known =
            validator.compare(candidate, ExpertSlots.of(plan), RunProgress.NONE);
        List<LayerDifference> unknown =
            validator.compare(candidate, ExpertSlots.unchanged(), RunProgress.NONE);

        LayerDifference first = known.getFirst();
        // Two of six experts a token: a token that had not chosen the first one routes as before.
        assertThat(first.routingAgreement()).isBetween(0.5, 0.999);
        assertThat(unknown.getFirst().routingAgreement()).isLessThan(first.routingAgreement());
        assertThat(first.relativeError()).isPositive();
        assertThat(known.getLast().relativeError()).isGreaterThan(first.relativeError());
        assertThat(first.cosine()).isBetween(0.5, 0.99999);
      }
    }
  }

  @Test
  void aModelAgreesWithItselfInEveryLayer() {
    try (OpenModel base = OpenModel.open(GOLDEN.folder(), FAMILIES, ENGINE, POOL)) {
      List<LayerDifference> found =
          new LayerValidator(base, GOLDEN.sequences(), 1, RunProgress.NONE)
              .compare(base, ExpertSlots.unchanged(), RunProgress.NONE);
      assertThat(found)
          .isNotEmpty()
          .allSatisfy(layer -> {
            assertThat(layer.relativeError()).isZero();
            assertThat(layer.cosine()).isCloseTo(1, within(1e-12));
            assertThat(layer.routingAgreement()).isEqualTo(1);
          });
    }
  }

  @Test
  void modelsOfOtherWidthsAreRefused() {
    try (OpenModel base = OpenModel.open(GOLDEN.folder(), FAMILIES, ENGINE, POOL);
        OpenModel other =
            OpenModel.open(
                new GoldenModel("mixtral-window-wide-heads").folder(), FAMILIES, ENGINE, POOL)) {
      LayerValidator validator = new LayerValidator(base, GOLDEN.sequences(), 64, RunProgress.NONE);
      assertThatThrownBy(() -> validator.compare(other, ExpertSlots.unchanged(), RunProgress.NONE))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("hidden states of another width");
    }
  }

  private static Plan withoutTheFirst(SourceModel source) {
    int experts = source.architecture().moe().experts();
    List<LayerEvidence> layers =
        source.architecture().moe().layers().stream()
            .map(layer ->
                LayerEvidence.ofWeights(
                    layer, IntStream.range(0, experts).mapToDouble(e -> e).toArray()))
            .toList();
    Evidence evidence =
        new Evidence(
            "test",
            source.fingerprint(),
            "random",
            OptionalLong.of(7),
            Optional.empty(),
            Optional.empty(),
            layers);
    return new Planner(source.architecture(), source.tensors(), source.fingerprint(), "test")
        .prune(evidence, PlanRequest.of(Target.keep(experts - 1)));
  }
}
