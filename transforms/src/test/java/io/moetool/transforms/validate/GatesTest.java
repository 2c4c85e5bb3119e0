package io.moetool.transforms.validate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class GatesTest {
  private static final OptionalDouble NONE = OptionalDouble.empty();

  @Test
  void nothingIsCheckedThatNobodyAskedFor() {
    assertThat(Gates.NONE.check(measured(9, 0, 2), List.of(), 1)).isEmpty();
  }

  @Test
  void aValueOnItsLimitPasses() {
    Gates gates = all(0.5, 0.75, 0.75, 1, 2, 2, 10);
    DomainComparison kept = measured(0.5, 0.75, 2);
    assertThat(gates.check(kept, List.of(kept), 10)).hasSize(7).allMatch(GateResult::passed);
    DomainComparison lost = measured(0.51, 0.74, 2.8);
    assertThat(gates.check(lost, List.of(lost), 11)).noneMatch(GateResult::passed);
  }

  @Test
  void theWorstDomainIsHeldAgainstItsOwnLimit() {
    Gates gates = new Gates(NONE, NONE, NONE, NONE, NONE, OptionalDouble.of(1.5), NONE);
    DomainComparison good = measured(0, 1, 1);
    GateResult result = gates.check(good, List.of(good, measured(0, 1, 2), good), 0).getFirst();
    assertThat(result).isEqualTo(new GateResult("max-domain-perplexity-ratio", 1.5, 2, false));
  }

  @Test
  void notANumberPassesNothing() {
    DomainComparison nan = measured(Double.NaN, Double.NaN, Double.NaN);
    assertThat(all(1, 0, 0, 1, 9, 9, 0).check(nan, List.of(nan), 1)).noneMatch(GateResult::passed);
  }

  private static Gates all(
      double kl, double top1, double top5, double nll, double ratio, double worst, double bytes) {
    return new Gates(
        OptionalDouble.of(kl),
        OptionalDouble.of(top1),
        OptionalDouble.of(top5),
        OptionalDouble.of(nll),
        OptionalDouble.of(ratio),
        OptionalDouble.of(worst),
        OptionalDouble.of(bytes));
  }

  private static DomainComparison measured(double kl, double agreement, double ratio) {
    double increase = ratio / 2;
    return new DomainComparison(
        10, 1, 1 + increase, kl, agreement, 2, agreement, increase, ratio, Optional.empty(), 1);
  }
}
