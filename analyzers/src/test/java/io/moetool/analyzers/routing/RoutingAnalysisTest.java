package io.moetool.analyzers.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import io.moetool.analyzers.statistics.Observations;
import io.moetool.analyzers.statistics.RoutedStatistics;
import io.moetool.analyzers.statistics.Statistics;
import io.moetool.analyzers.statistics.Synthetic;
import java.util.List;
import org.junit.jupiter.api.Test;

class RoutingAnalysisTest {
  private static LayerRouting routing(Statistics statistics) {
    RoutedStatistics routed = statistics.requireRouted();
    return RoutingAnalysis.of(routed.data(), routed.layers().getFirst(), 1);
  }

  /** Shares 1/2, 1/4, 1/4, 0: 1/2·1 + 1/4·2 + 1/4·2 bits. */
  @Test
  void entropyIsInBits() {
    LayerRouting routing =
        routing(Synthetic.withCounts(List.of("all"), new double[] {200, 100, 100, 0}));

    assertThat(routing.entropy()).isCloseTo(1.5, within(1e-12));
    assertThat(routing.maxEntropy()).isCloseTo(2, within(1e-12));
    assertThat(routing.maxShare()).isEqualTo(0.5);
    assertThat(routing.loadImbalance()).isEqualTo(2);
  }

  @Test
  void evenUseHasTheHighestEntropyAndOneExpertNone() {
    LayerRouting even = routing(Synthetic.withCounts(List.of("all"), new double[] {9, 9, 9}));
    LayerRouting single = routing(Synthetic.withCounts(List.of("all"), new double[] {0, 9, 0}));

    assertThat(even.entropy()).isCloseTo(even.maxEntropy(), within(1e-12));
    assertThat(even.loadImbalance()).isCloseTo(1, within(1e-12));
    assertThat(single.entropy()).isZero();
    assertThat(single.maxShare()).isEqualTo(1);
  }

  @Test
  void expertsWithFewerThan32TokensAreStarved() {
    LayerRouting routing =
        routing(Synthetic.withCounts(List.of("all"), new double[] {31, 32, 0, 500}));

    assertThat(routing.starvedExperts()).containsExactly(0, 2);
    assertThat(routing.unusedExperts()).containsExactly(2);
  }

  /** (1,0) against (1/2,1/2): H(3/4,1/4) - 1/2 = 0.8112781 - 0.5. */
  @Test
  void divergenceIsZeroOfEqualUseAndOneOfDisjointUse() {
    LayerRouting routing =
        routing(
            Synthetic.withCounts(
                List.of("a", "b", "c", "d"),
                new double[] {10, 0, 0},
                new double[] {50, 50, 0},
                new double[] {0, 0, 7},
                new double[] {100, 100, 0}));

    List<List<Double>> bits = routing.domainDivergence();
    assertThat(bits.get(0).get(1)).isCloseTo(0.3112781, within(1e-7));
    assertThat(bits.get(1).get(0)).isEqualTo(bits.get(0).get(1));
    assertThat(bits.get(0).get(2)).isEqualTo(1);
    assertThat(bits.get(1).get(3)).isZero();
    assertThat(bits.get(2).get(2)).isZero();
    assertThat(routing.domainShares().keySet()).containsExactly("a", "b", "c", "d");
    assertThat(routing.domainShares().get("b")).containsExactly(.5, .5, .0);
  }

  /** Each of the toy layer's three pairs is chosen by one of three tokens; chance gives 2·2/3. */
  @Test
  void pairsAreComparedWithChance() {
    LayerRouting routing = routing(Observations.toy(true));

    assertThat(routing.coSelected())
        .extracting(LayerRouting.CoSelection::first, LayerRouting.CoSelection::second)
        .containsExactly(tuple(0, 1), tuple(0, 2), tuple(1, 2));
    assertThat(routing.coSelected().getFirst().tokens()).isEqualTo(1);
    assertThat(routing.coSelected().getFirst().lift()).isCloseTo(0.75, within(1e-12));
    assertThat(routing.gateMass().get(0)).isCloseTo(1 / 3.0, within(1e-6));
  }
}
