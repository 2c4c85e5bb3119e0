package io.moetool.transforms.validate;

import static org.assertj.core.api.Assertions.assertThat;

import io.moetool.transforms.evaluate.Evaluation;
import io.moetool.transforms.evaluate.ModelSize;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;

class SweepTest {
  @Test
  void theFrontHoldsWhatNoOtherBetters() {
    Sweep sweep =
        sweep(
            candidate("small", 10, 0.4, true),
            candidate("bettered", 12, 0.5, true),
            candidate("large", 20, 0.1, true),
            candidate("same size, further", 20, 0.2, true));

    assertThat(sweep.candidates())
        .filteredOn(SweptModel::onFront)
        .extracting(SweptModel::name)
        .containsExactly("small", "large");
  }

  @Test
  void equalsAreBothOnTheFront() {
    assertThat(sweep(candidate("a", 1, 0.5, true), candidate("b", 1, 0.5, true)).candidates())
        .allMatch(SweptModel::onFront);
  }

  @Test
  void theSmallestThatKeepsAllGatesIsNamed() {
    assertThat(
            sweep(
                    candidate("too far", 10, 0.4, false),
                    candidate("large", 30, 0.1, true),
                    candidate("right", 20, 0.2, true))
                .smallestPassing())
        .contains("right");
    assertThat(sweep(candidate("too far", 10, 0.4, false)).smallestPassing()).isEmpty();
  }

  @Test
  void thePageShowsTheFrontAndNeedsNoNetwork() {
    String html =
        SweepReport.html(
            "<base>",
            sweep(candidate("a&b", 10, 0.4, false), candidate("nan", 9, Double.NaN, true)));

    assertThat(html)
        .contains("Base: &lt;base&gt;", "a&amp;b", "max-kl", "polyline", "keeps all gates: nan")
        .doesNotContain("<script", "http://", "https://", "{{");
  }

  private record Named(String name, Validation validation) {}

  private static Sweep sweep(Named... candidates) {
    SequencedMap<String, Validation> validations = new LinkedHashMap<>();
    for (Named candidate : candidates) {
      validations.put(candidate.name(), candidate.validation());
    }
    return Sweep.of(validations);
  }

  private static Named candidate(String name, long bytes, double kl, boolean passed) {
    Evaluation evaluation =
        new Evaluation(
            "checkpoint", "cpu", "float32", 1, 1, 1, Math.E, new LinkedHashMap<>(), 1, 1);
    return new Named(
        name,
        new Validation(
            evaluation,
            evaluation,
            kl,
            1,
            new LinkedHashMap<>(),
            List.of(new GateResult("max-kl", 1, kl, passed)),
            passed,
            1,
            1,
            0,
            1,
            Optional.empty(),
            1,
            Inference.USED,
            new ModelSize(40, Optional.empty(), Optional.empty()),
            new ModelSize(bytes, Optional.empty(), Optional.empty()),
            List.of(),
            List.of()));
  }
}
