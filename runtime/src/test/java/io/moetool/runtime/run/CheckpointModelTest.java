package io.moetool.runtime.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.moetool.formats.TensorView;
import io.moetool.formats.safetensors.SafetensorsFile;
import io.moetool.kernels.FloatMatrix;
import io.moetool.runtime.ort.Device;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.text.SequenceData;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CheckpointModelTest {
  private static final OrtEngine ENGINE = OrtEngine.open(Device.CPU);

  @ParameterizedTest
  @MethodSource("io.moetool.runtime.run.GoldenModel#names")
  void lossesEqualTheReferenceLibrary(String name) {
    try (GoldenModel golden = GoldenModel.open(name);
        WorkPool pool = new WorkPool(2);
        SafetensorsFile arrays = golden.arrays()) {
      SequenceData data = golden.data();
      CheckpointModel model =
          new CheckpointModel(golden.store(), golden.architecture(), ENGINE, pool, ExpertMask.NONE);
      double total = 0;
      try (Predictions predictions = model.predict(data, RunProgress.NONE);
          SequenceScorer scorer = new SequenceScorer(ENGINE, model.vocabulary())) {
        for (int i = 0; i < data.sequences().size(); i++) {
          try (Logits logits = predictions.logits(i)) {
            double loss = scorer.loss(logits, data.sequences().get(i));
            total += loss;
            assertThat(loss / data.sequences().get(i).predicted())
                .isCloseTo(golden.meanNll(i), within(2e-5));
            FloatMatrix rows = logits.rows(0, data.sequences().get(i).length());
            assertLogits(
                rows.segment().toArray(ValueLayout.JAVA_FLOAT),
                arrays.view("sequence." + i + ".logits"));
          }
        }
      }
      assertThat(total / data.predicted()).isCloseTo(golden.meanNll(), within(2e-5));
    }
  }

  private static void assertLogits(float[] actual, TensorView expected) {
    assertThat(actual).hasSize((int) expected.shape().elements());
    for (int i = 0; i < actual.length; i++) {
      float want = expected.bytes().getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i);
      assertThat(actual[i]).isCloseTo(want, within(1e-4f));
    }
  }
}
