package io.moetool.runtime.ort;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtProvider;
import io.moetool.formats.EnvironmentException;
import org.junit.jupiter.api.Test;

class OrtEngineTest {
  @Test
  void cudaIsRefusedWithTheReasonAndTheMend() {
    assumeFalse(OrtEngine.open(Device.AUTO).device() == Device.CUDA, "there is a GPU");

    assertThatThrownBy(() -> OrtEngine.open(Device.CUDA))
        .isInstanceOf(EnvironmentException.class)
        .hasMessageContaining("device cuda")
        .hasMessageContaining("ONNX Runtime cannot use it: ")
        .hasMessageContaining("--device cpu");
  }

  @Test
  void autoTakesTheCpuWhereCudaCannotBeUsedAndSaysWhyIfItCouldHaveBeen() {
    OrtEngine.open(Device.CPU);
    boolean compiledIn = OrtEnvironment.getAvailableProviders().contains(OrtProvider.CUDA);

    OrtEngine engine = OrtEngine.open(Device.AUTO);

    assertThat(engine.device()).isNotEqualTo(Device.AUTO);
    assertThat(engine.refusal().isPresent()).isEqualTo(compiledIn && engine.device() == Device.CPU);
  }

  @Test
  void whoWantsTheCpuIsToldNothing() {
    OrtEngine engine = OrtEngine.open(Device.CPU);

    assertThat(engine.device()).isEqualTo(Device.CPU);
    assertThat(engine.refusal()).isEmpty();
  }

  @Test
  void aReasonIsWhatRemainsOfAMessageWithoutCodesAndPlaces() {
    String missing =
        "Failed to load library /x/libonnxruntime_providers_cuda.so with error: libcublasLt.so.12";

    assertThat(
            OrtEngine.reason(
                "Error code - ORT_FAIL - message: /a/b.cc:1988 Get() [ONNXRuntimeError] : 1 : FAIL : "
                    + missing
                    + "\n"))
        .isEqualTo(missing);
    assertThat(OrtEngine.reason("Error code - ORT_EP_FAIL - message: Failed to find CUDA"))
        .isEqualTo("Failed to find CUDA");
    assertThat(OrtEngine.reason("whatever")).isEqualTo("whatever");
  }
}
