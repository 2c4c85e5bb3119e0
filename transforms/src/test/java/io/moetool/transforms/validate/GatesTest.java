package io.moetool.transforms.validate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class GatesTest {
  private static final OptionalDouble NONE = OptionalDouble.empty();

  @Test
  void nothingIsCheckedThatNobodyAskedFor() {
    assertThat(Gates.NONE.check(9, 0, 1, 2)).isEmpty();
  }

  @Test
  void aValueOnItsLimitPasses() {
    Gates gates =
        new Gates(OptionalDouble.of(0.5), OptionalDouble.of(0.75), OptionalDouble.of(1), NONE);
    assertThat(gates.check(0.5, 0.75, 2, 3)).hasSize(3).allMatch(GateResult::passed);
    assertThat(gates.check(0.51, 0.74, 2, 3.01)).noneMatch(GateResult::passed);
  }

  @Test
  void perplexityRatioIsTheExponentialOfTheLossIncrease() {
    Gates gates = new Gates(NONE, NONE, NONE, OptionalDouble.of(2));
    GateResult result = gates.check(0, 1, 3, 3 + Math.log(2.5)).getFirst();
    assertThat(result.name()).isEqualTo("max-perplexity-ratio");
    assertThat(result.actual()).isCloseTo(2.5, within(1e-12));
    assertThat(result.passed()).isFalse();
  }

  @Test
  void notANumberPassesNothing() {
    Gates gates =
        new Gates(
            OptionalDouble.of(1), OptionalDouble.of(0), OptionalDouble.of(1), OptionalDouble.of(9));
    assertThat(gates.check(Double.NaN, Double.NaN, Double.NaN, 1)).noneMatch(GateResult::passed);
  }
}
