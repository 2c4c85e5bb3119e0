package io.moetool.analyzers.damage;

import static org.assertj.core.api.Assertions.assertThat;

import io.moetool.analyzers.reconstruction.LossCurve;
import org.junit.jupiter.api.Test;

class LayerForecastTest {
  /** Errors 0, 0.05, 0.1 and 0.2 of the output. */
  @Test
  void asManyExpertsMayGoAsATenthOfTheOutputAllows() {
    double[] losses = {0, 1, 4, 16};
    assertThat(LayerForecast.tolerable(LossCurve.ofSteps(new double[] {3, 2, 1, 0}, losses, 400)))
        .isEqualTo(2);
    assertThat(LayerForecast.tolerable(LossCurve.ofSteps(new double[] {3, 2, 1, 0}, losses, 4e5)))
        .isEqualTo(3);
  }
}
