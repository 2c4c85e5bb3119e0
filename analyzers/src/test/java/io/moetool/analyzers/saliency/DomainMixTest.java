package io.moetool.analyzers.saliency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.moetool.analyzers.statistics.Statistics;
import io.moetool.analyzers.statistics.Synthetic;
import io.moetool.formats.BadInputException;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class DomainMixTest {
  private static final Offset<Double> ROUNDING = within(1e-12);

  /**
   * Tokens by domain: 10, 30 of 40 in code; 300, 100 of 400 in math; all of prose on the second.
   */
  private static final Statistics STATISTICS =
      Synthetic.withCounts(
          List.of("code", "math", "prose"),
          new double[] {10, 30},
          new double[] {300, 100},
          new double[] {0, 5});

  /** (2 · (1/4, 3/4) + 1 · (3/4, 1/4)) / 3; by tokens alone the first expert would win. */
  @Test
  void everyDomainCountsByItsWeight() {
    assertThat(scores(List.of("code", "math"), 2, 1))
        .containsExactly(new double[] {5 / 12., 7 / 12.}, ROUNDING);
    assertThat(scores(List.of("math", "code"), 1, 2))
        .containsExactly(new double[] {5 / 12., 7 / 12.}, ROUNDING);
    assertThat(scores(List.of("code", "math"), 200, 100))
        .containsExactly(new double[] {5 / 12., 7 / 12.}, ROUNDING);
    assertThat(scores(List.of("prose"), .1)).containsExactly(new double[] {0, 1}, ROUNDING);
  }

  @Test
  void unknownDomainsAreNamed() {
    assertThatThrownBy(() -> STATISTICS.ofDomains("analysis", List.of("code", "law")))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("analysis: no data of domain 'law' was measured")
        .hasMessageContaining("name domains among code, math, prose");
  }

  @Test
  void countsAreThoseOfTheDomainsInTheMix() {
    Statistics mixed = STATISTICS.ofDomains("analysis", List.of("math", "prose"));
    assertThat(mixed.requireRouted().layers().getFirst().overall().counts())
        .containsExactly(300, 105);
    assertThat(mixed.requireRouted().data().domainNames()).containsExactly("math", "prose");
  }

  private static double[] scores(List<String> domains, double... weights) {
    DomainMix mix =
        new DomainMix(
            SaliencyCatalog.named("frequency", 0),
            java.util.Arrays.stream(weights).boxed().toList());
    return SaliencyScores.of(mix, STATISTICS.ofDomains("analysis", domains)).layer(0);
  }
}
