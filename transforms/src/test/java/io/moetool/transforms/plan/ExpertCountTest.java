package io.moetool.transforms.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.moetool.analyzers.inspect.Inspector;
import io.moetool.formats.BadInputException;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.TinyCheckpoint;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Eight experts in each of two layers, two for a token. */
class ExpertCountTest {
  /**
   * An expert is 3 matrices of 2 x 4 elements and a router row of 4, all of 2 bytes; two layers.
   */
  private static final long BYTES_PER_COUNT = 2 * 2 * (3 * 8 + 4);

  @TempDir private Path folder;
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
  void theLargestCountThatFitsIsTaken() {
    long before = new TinyCheckpoint().bytes();
    assertThat(count(new Target.Bytes(before))).isEqualTo(8);
    assertThat(count(new Target.Bytes(before - 3 * BYTES_PER_COUNT))).isEqualTo(5);
    assertThat(count(new Target.Bytes(before - 3 * BYTES_PER_COUNT - 1))).isEqualTo(4);
    assertThat(count(new Target.Bytes(Long.MAX_VALUE))).isEqualTo(8);

    Plan plan = plan(PlanRequest.of(new Target.Bytes(before - 3 * BYTES_PER_COUNT)));
    assertThat(plan.forecast().bytesAfter()).isEqualTo(before - 3 * BYTES_PER_COUNT);
    assertThat(plan.options().target())
        .isEqualTo("at most %d bytes".formatted(before - 3 * BYTES_PER_COUNT));
  }

  @Test
  void whatCannotFitIsRefusedWithTheSmallestSizeThatCan() {
    long smallest = new TinyCheckpoint().bytes() - 6 * BYTES_PER_COUNT;
    assertThat(count(new Target.Bytes(smallest))).isEqualTo(2);
    assertThatExceptionOfType(BadInputException.class)
        .isThrownBy(() -> count(new Target.Bytes(smallest - 1)))
        .withMessageContaining("with 2 experts per layer, the fewest that can serve a token, it is")
        .withMessageContaining("allow at least %d bytes".formatted(smallest));
  }

  /** A token meets all parameters but those of six experts; an expert less is a router row less. */
  @Test
  void activeParametersLoseRouterRows() {
    long active =
        new Inspector(source.architecture(), source.tensors())
            .inspect("", List.of())
            .activeParameters();
    assertThat(count(new Target.ActiveParameters(active))).isEqualTo(8);
    assertThat(count(new Target.ActiveParameters(active - 1))).isEqualTo(7);
    assertThat(count(new Target.ActiveParameters(active - 2 * 8))).isEqualTo(6);
    assertThatExceptionOfType(BadInputException.class)
        .isThrownBy(() -> count(new Target.ActiveParameters(active - 6 * 8 - 1)))
        .withMessageContaining("allow at least %d active parameters".formatted(active - 6 * 8));
  }

  @Test
  void multiplesAreKept() {
    PlanRequest share = PlanRequest.of(Target.remove("40%"));
    assertThat(counts().of(share)).isEqualTo(5);
    // No more goes than was asked for.
    assertThat(counts().of(share.withMultipleOf(4))).isEqualTo(8);
    assertThat(counts().of(share.withMultipleOf(2))).isEqualTo(6);
    assertThat(counts().of(PlanRequest.of(Target.keep(4)).withMultipleOf(4))).isEqualTo(4);
    long before = new TinyCheckpoint().bytes();
    assertThat(
            counts()
                .of(PlanRequest.of(new Target.Bytes(before - BYTES_PER_COUNT)).withMultipleOf(4)))
        .isEqualTo(4);
    assertThatExceptionOfType(BadInputException.class)
        .isThrownBy(() -> counts().of(PlanRequest.of(Target.keep(5)).withMultipleOf(4)))
        .withMessageContaining("keep 5, a multiple of 4: 5 is no multiple of 4")
        .withMessageContaining("keep 4 or 8 experts");
    assertThatExceptionOfType(BadInputException.class)
        .isThrownBy(() -> counts().of(PlanRequest.of(new Target.Bytes(before)).withMultipleOf(16)))
        .withMessageContaining("no number from 2 to 8 will do");
  }

  @Test
  void countsByLayerMustFitTheModel() {
    assertThat(counts().of(PlanRequest.of(new Target.Listed(List.of(3, 5))))).isEqualTo(5);
    refuse(List.of(3), "there are 1, the model has experts in 2 layers");
    refuse(List.of(3, 9), "layer 2: 9 experts are to stay, there are only 8 per layer");
    refuse(List.of(1, 5), "layer 1: 1 of 8 experts per layer would stay, but every token uses 2");
    refuse(List.of(Integer.MIN_VALUE, 5), "every token uses 2");
  }

  /** Jamba's readers see no experts where its config counts one, whatever a token uses. */
  @Test
  void noFewerExpertsStayThanMakeALayerWithExperts() {
    Path model = Path.of("../runtime/src/test/resources/golden/jamba-biased-projections");
    try (SourceModel jamba = SourceModel.open(model, FamilyCatalog.builtIn())) {
      ExpertCount counts =
          new ExpertCount(
              new PlannedCheckpoint(
                  jamba.architecture(),
                  jamba.tensors(),
                  jamba.fingerprint(),
                  ResultForm.SAFETENSORS));
      assertThat(jamba.architecture().moe().routing().expertsPerToken()).isEqualTo(1);
      assertThat(counts.of(PlanRequest.of(Target.keep(2)))).isEqualTo(2);
      assertThatExceptionOfType(BadInputException.class)
          .isThrownBy(() -> counts.of(PlanRequest.of(Target.keep(1))))
          .withMessageContaining("to the family's readers fewer than 2 are a layer without experts")
          .withMessageContaining("keep at least 2 experts (remove at most 66.66%)");
    }
  }

  private void refuse(List<Integer> listed, String problem) {
    assertThatExceptionOfType(BadInputException.class)
        .isThrownBy(() -> count(new Target.Listed(listed)))
        .withMessageContaining(problem);
  }

  private Plan plan(PlanRequest request) {
    return new Planner(source.architecture(), source.tensors(), source.fingerprint(), "test")
        .prune(TinyEvidence.of(source, 1, 2, 3, 4, 5, 6, 7, 8), request);
  }

  private int count(Target target) {
    return counts().of(PlanRequest.of(target));
  }

  private ExpertCount counts() {
    return new ExpertCount(
        new PlannedCheckpoint(
            source.architecture(), source.tensors(), source.fingerprint(), ResultForm.SAFETENSORS));
  }
}
