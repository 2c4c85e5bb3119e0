package io.moetool.runtime.ort;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.moetool.formats.onnx.OnnxGraph;
import io.moetool.formats.onnx.OnnxType;
import io.moetool.kernels.FloatMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FlushToZeroTest {
  private static final float SMALL = 1e-30f;

  /** Below the least normal number, 1.2e-38, but no zero. */
  private static final float DENORMAL = 1e-40f;

  @BeforeEach
  void onlyWhereItIsKnownHow() {
    assumeThat(FlushToZero.isAvailable()).isTrue();
  }

  @Test
  void onnxRuntimeTakesTinyNumbersForZero() {
    assertThat(product(SMALL, 1e-10f)).isZero();
    assertThat(product(DENORMAL, 1e20f)).isZero();
    assertThat(product(SMALL, 1e-5f)).isEqualTo(SMALL * 1e-5f);
  }

  @Test
  void javaStillHasThem() {
    float small = Float.parseFloat("1e-30");
    product(SMALL, 1e-10f);
    assertThat(small * 1e-10f).isEqualTo(1e-40f).isNotZero();
    FlushToZero.begin();
    FlushToZero.end();
    assertThat(small * 1e-10f).isNotZero();
  }

  @Test
  void javaStillHasThemAfterARunThatFailed() {
    float small = Float.parseFloat("1e-30");
    try (OrtGraph graph = OrtEngine.open(Device.CPU).graph(multiplication());
        OrtInputs none = graph.inputs()) {
      assertThatThrownBy(() -> graph.run(none, "y")).isInstanceOf(IllegalStateException.class);
    }
    assertThat(small * 1e-10f).isNotZero();
  }

  @Test
  void anEnvironmentOfAnotherLayoutOrWithOtherSettingsIsLeftAlone() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment environment = arena.allocate(32, Long.BYTES);
      assertThat(FlushToZero.holdsUsual(environment)).isFalse();
      // The usual settings, and every exception has happened; then rounding downwards.
      environment.set(ValueLayout.JAVA_INT, 28, 0x1FBF);
      assertThat(FlushToZero.holdsUsual(environment)).isTrue();
      environment.set(ValueLayout.JAVA_INT, 28, 0x3F80);
      assertThat(FlushToZero.holdsUsual(environment)).isFalse();
    }
  }

  private static float product(float left, float right) {
    try (Arena arena = Arena.ofConfined();
        OrtGraph run = OrtEngine.open(Device.CPU).graph(multiplication());
        OrtInputs inputs = run.inputs()) {
      inputs
          .with("a", FloatMatrix.copyOf(arena, new float[] {left}))
          .with("b", FloatMatrix.copyOf(arena, new float[] {right}));
      try (OrtOutput result = run.run(inputs, "y")) {
        return result.floats()[0];
      }
    }
  }

  private static byte[] multiplication() {
    OnnxGraph graph = new OnnxGraph("product");
    String a = graph.input("a", OnnxType.FLOAT, 1, 1);
    String b = graph.input("b", OnnxType.FLOAT, 1, 1);
    graph.output(graph.node("Mul", a, b).output(), "y", OnnxType.FLOAT, 1, 1);
    return graph.toModel("moetool", "", Map.of());
  }
}
