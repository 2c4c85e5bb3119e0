package io.moetool.runtime.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.moetool.formats.safetensors.SafetensorsFile;
import io.moetool.runtime.ort.Device;
import io.moetool.runtime.ort.OrtEngine;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class GoldenTapTest {
  @ParameterizedTest
  @MethodSource("io.moetool.runtime.run.GoldenModel#names")
  void tapsSeeWhatHooksInTheReferenceLibrarySee(String name) {
    try (GoldenModel golden = GoldenModel.open(name);
        WorkPool pool = new WorkPool(1);
        SafetensorsFile arrays = golden.arrays();
        CheckpointModel model =
            new CheckpointModel(
                golden.store(),
                golden.architecture(),
                OrtEngine.open(Device.CPU),
                pool,
                ExpertMask.NONE)) {
      GoldenTaps taps = new GoldenTaps(arrays);
      model.observe(golden.data(), Taps.of(taps), RunProgress.NONE);
      assertThat(taps.seen())
          .hasSize(golden.architecture().moe().layers().size() * golden.data().sequences().size())
          .startsWith(
              "layer %d sequence 0".formatted(golden.architecture().moe().layers().getFirst()))
          .doesNotHaveDuplicates();
    }
  }
}
