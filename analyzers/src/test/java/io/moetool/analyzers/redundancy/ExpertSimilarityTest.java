package io.moetool.analyzers.redundancy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.moetool.analyzers.saliency.LayerMeasurements;
import io.moetool.analyzers.statistics.Observations;
import org.junit.jupiter.api.Test;

class ExpertSimilarityTest {

  /** Router logits of the toy layer: 0.4 between experts 0, 1 and 2, -0.77459667 with expert 3. */
  @Test
  void similarLogitsMakeSimilarExperts() {
    LayerRedundancy redundancy =
        LayerRedundancy.of(LayerMeasurements.of(Observations.toy(true)).getFirst());

    ExpertSimilarity logits = redundancy.routerLogits().orElseThrow();
    assertThat(logits.mean()).isCloseTo((3 * .4 - 3 * .77459667) / 6, within(1e-8));
    assertThat(logits.closest()).hasSize(6);
    assertThat(logits.closest().getFirst().similarity()).isCloseTo(.4, within(1e-15));
    assertThat(logits.closest().getFirst().first()).isZero();
    assertThat(logits.closest().getFirst().second()).isEqualTo(1);
    assertThat(logits.closest().getLast().similarity()).isCloseTo(-.77459667, within(1e-8));
    assertThat(redundancy.routerRows()).isEmpty();
    assertThat(redundancy.dendrogram().measure()).isEqualTo("routerLogits");
    assertThat(redundancy.dendrogram().joins())
        .extracting(Dendrogram.Join::distance)
        .satisfiesExactly(
            first -> assertThat(first).isCloseTo(.6, within(1e-12)),
            second -> assertThat(second).isCloseTo(.6, within(1e-12)),
            last -> assertThat(last).isCloseTo(1.77459667, within(1e-8)));
    assertThat(redundancy.mergingCost()).isEmpty();
  }
}
