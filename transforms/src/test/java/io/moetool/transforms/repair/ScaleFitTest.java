package io.moetool.transforms.repair;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.moetool.transforms.plan.Repair;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScaleFitTest {
  /** A router that loses the share m of its softmax multiplies all coefficients by 1/(1 - m). */
  @Test
  void aConstantShareIsUndone() {
    double share = .0320586;
    ScaleFit fit = ScaleFit.NONE;
    for (double[] z : new double[][] {{3.53788284, 6.15153137}, {2.88258995, 1.61364853}}) {
      fit = fit.plus(fit(z, new double[] {z[0] / (1 - share), z[1] / (1 - share)}));
    }
    Repair.Layer layer = fit.of(5);
    assertThat(layer.layer()).isEqualTo(5);
    assertThat(layer.scale()).isCloseTo(.9679414, within(1e-12));
    assertThat(layer.errorBefore()).isCloseTo(.0331204 * .0331204, within(1e-7));
    assertThat(layer.errorAfter()).isCloseTo(0, within(1e-12));
  }

  /** z = (1, 0), y = (1, 1): half of y is nearest, at a distance of half of z squared. */
  @Test
  void whatCannotBeUndoneIsMadeAsSmallAsItCan() {
    Repair.Layer layer = fit(new double[] {1, 0}, new double[] {1, 1}).of(0);
    assertThat(layer.scale()).isEqualTo(.5);
    assertThat(layer.errorBefore()).isEqualTo(1);
    assertThat(layer.errorAfter()).isEqualTo(.5);
  }

  @Test
  void whatPointsElsewhereIsLeftAlone() {
    assertThat(fit(new double[] {1, 0}, new double[] {-1, 0}).of(0).scale()).isEqualTo(1);
    assertThat(fit(new double[] {1, 0}, new double[] {0, 0}).of(0).scale()).isEqualTo(1);
    assertThat(ScaleFit.NONE.of(0)).isEqualTo(new Repair.Layer(0, 1., List.of(), 0., 0.));
  }

  private static ScaleFit fit(double[] z, double[] y) {
    return new ScaleFit(
        z[0] * z[0] + z[1] * z[1], z[0] * y[0] + z[1] * y[1], y[0] * y[0] + y[1] * y[1]);
  }
}
