package io.moetool.runtime.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.moetool.formats.TensorView;
import io.moetool.formats.safetensors.SafetensorsFile;
import io.moetool.kernels.FloatMatrix;
import io.moetool.kernels.RowNorms;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** Holds what taps see against what hooks in the reference library saw. */
final class GoldenTaps implements MoeTap<String> {
  private static final float TOLERANCE = 2e-4f;

  private final SafetensorsFile arrays;
  private final List<String> seen = new ArrayList<>();

  GoldenTaps(SafetensorsFile arrays) {
    this.arrays = arrays;
  }

  /** Layers and sequences in the order they were seen. */
  List<String> seen() {
    return List.copyOf(seen);
  }

  @Override
  public String observe(MoeObservation observation) {
    return check(arrays, observation);
  }

  @Override
  public void add(int layer, int sequence, String partial) {
    seen.add(partial);
  }

  private static String check(SafetensorsFile arrays, MoeObservation seen) {
    String layer = "sequence.%d.layer.%d.".formatted(seen.sequenceIndex(), seen.layer());
    assertRows(seen.input(), arrays.view(layer + "moe.input"));
    assertRows(seen.routerLogits(), arrays.view(layer + "moe.router_logits"));
    assertRows(seen.weights(), arrays.view(layer + "moe.gates"));
    assertRows(seen.output(), arrays.view(layer + "hidden"));
    TensorView norms = arrays.view(layer + "moe.expert_norms");
    TensorView maxima = arrays.view(layer + "moe.expert_maxima");
    for (int row = 0; row < seen.expertOutputs().rows(); row++) {
      assertThat((float) RowNorms.l2(seen.expertOutputs().row(row)))
          .isCloseTo(value(norms, row), within(TOLERANCE));
      assertThat(RowNorms.maxAbs(seen.expertOutputs().row(row)))
          .isCloseTo(value(maxima, row), within(TOLERANCE));
    }
    return "layer %d sequence %d".formatted(seen.layer(), seen.sequenceIndex());
  }

  private static void assertRows(FloatMatrix actual, TensorView expected) {
    assertThat(expected.shape().toArray()).containsExactly(actual.rows(), actual.columns());
    for (int row = 0; row < actual.rows(); row++) {
      for (int column = 0; column < actual.columns(); column++) {
        assertThat(actual.get(row, column))
            .isCloseTo(value(expected, row * actual.columns() + column), within(TOLERANCE));
      }
    }
  }

  private static float value(TensorView view, int index) {
    return view.bytes().getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, index);
  }
}
