package io.moetool.transforms.validate;

import static org.assertj.core.api.Assertions.assertThat;

import io.moetool.transforms.task.TaskScore;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class GatesTest {
  private static final OptionalDouble NONE = OptionalDouble.empty();

  @Test
  void nothingIsCheckedThatNobodyAskedFor() {
    assertThat(Gates.NONE.check(measured(9, 0, 2), List.of(), List.of(), 1)).isEmpty();
  }

  @Test
  void aValueOnItsLimitPasses() {
    Gates gates = all(0.5, 0.75, 0.75, 1, 2, 2, 10, 0.5, 0.25);
    DomainComparison kept = measured(0.5, 0.75, 2);
    assertThat(gates.check(kept, List.of(kept), List.of(answered(0.75, 0.5)), 10))
        .hasSize(9)
        .allMatch(GateResult::passed);
    DomainComparison lost = measured(0.51, 0.74, 2.8);
    assertThat(gates.check(lost, List.of(lost), List.of(answered(0.74, 0.48)), 11))
        .noneMatch(GateResult::passed);
  }

  @Test
  void theWorstDomainIsHeldAgainstItsOwnLimit() {
    Gates gates = new Gates(NONE, NONE, NONE, NONE, NONE, OptionalDouble.of(1.5), NONE, NONE, NONE);
    DomainComparison good = measured(0, 1, 1);
    GateResult result =
        gates.check(good, List.of(good, measured(0, 1, 2), good), List.of(), 0).getFirst();
    assertThat(result).isEqualTo(new GateResult("max-domain-perplexity-ratio", 1.5, 2, false));
  }

  @Test
  void notANumberPassesNothing() {
    DomainComparison nan = measured(Double.NaN, Double.NaN, Double.NaN);
    assertThat(all(1, 0, 0, 1, 9, 9, 0, 0, 1).check(nan, List.of(nan), List.of(), 1))
        .noneMatch(GateResult::passed);
  }

  private static Gates all(
      double kl,
      double top1,
      double top5,
      double nll,
      double ratio,
      double worst,
      double bytes,
      double score,
      double drop) {
    return new Gates(
        OptionalDouble.of(kl),
        OptionalDouble.of(top1),
        OptionalDouble.of(top5),
        OptionalDouble.of(nll),
        OptionalDouble.of(ratio),
        OptionalDouble.of(worst),
        OptionalDouble.of(bytes),
        OptionalDouble.of(score),
        OptionalDouble.of(drop));
  }

  @Test
  void theWorstTaskIsHeldAgainstTheLimits() {
    Gates gates =
        new Gates(
            NONE,
            NONE,
            NONE,
            NONE,
            NONE,
            NONE,
            NONE,
            OptionalDouble.of(0.6),
            OptionalDouble.of(0.1));
    DomainComparison good = measured(0, 1, 1);
    List<TaskComparison> tasks = List.of(answered(0.5, 0.75), answered(1, 0.75));

    assertThat(gates.check(good, List.of(good), tasks, 0))
        .containsExactly(
            new GateResult("min-task-score", 0.6, 0.75, true),
            new GateResult("max-task-drop", 0.1, 0.25, false));
  }

  private static TaskComparison answered(double base, double candidate) {
    return new TaskComparison(
        "t",
        "multiple-choice",
        4,
        0.25,
        new TaskScore(base, 0.1, base, Optional.empty(), 0),
        new TaskScore(candidate, 0.1, candidate, Optional.empty(), 0),
        candidate - base,
        Optional.empty(),
        1);
  }

  private static DomainComparison measured(double kl, double agreement, double ratio) {
    double increase = ratio / 2;
    return new DomainComparison(
        10,
        1,
        1 + increase,
        kl,
        agreement,
        2,
        agreement,
        agreement,
        increase,
        ratio,
        Optional.empty(),
        1);
  }
}
