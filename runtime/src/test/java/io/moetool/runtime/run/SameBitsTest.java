package io.moetool.runtime.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.moetool.kernels.FloatMatrix;
import io.moetool.runtime.ort.Device;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.text.SequenceData;
import io.moetool.runtime.text.TokenSequence;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SameBitsTest {
  private static final OrtEngine ENGINE = OrtEngine.open(Device.CPU);

  @Test
  void logitsDoNotDependOnTheNumberOfThreads() {
    SequenceData data = data();
    List<float[]> one = logits(data, 1);
    List<float[]> three = logits(data, 3);
    for (int i = 0; i < one.size(); i++) {
      assertThat(three.get(i)).containsExactly(one.get(i));
    }
  }

  @Test
  void logitsOfASequenceDoNotDependOnWhatElseIsRun() {
    SequenceData data = data();
    List<float[]> together = logits(data, 2);
    for (int i = 0; i < together.size(); i++) {
      SequenceData alone = new SequenceData(List.of(data.sequences().get(i)));
      assertThat(logits(alone, 2).getFirst()).containsExactly(together.get(i));
    }
  }

  private static List<float[]> logits(SequenceData data, int threads) {
    List<float[]> all = new ArrayList<>();
    try (GoldenModel golden = GoldenModel.open("qwen3-moe");
        WorkPool pool = new WorkPool(threads);
        CheckpointModel model =
            new CheckpointModel(
                golden.store(), golden.architecture(), ENGINE, pool, ExpertMask.NONE);
        Predictions predictions = model.predict(data, RunProgress.NONE)) {
      for (int i = 0; i < data.sequences().size(); i++) {
        try (Logits logits = predictions.logits(i)) {
          FloatMatrix rows = logits.rows(0, data.sequences().get(i).length());
          all.add(rows.segment().toArray(ValueLayout.JAVA_FLOAT));
        }
      }
    }
    return all;
  }

  /** Lengths 1 to 40: experts get one row, a few and many. */
  private static SequenceData data() {
    SplittableRandom random = new SplittableRandom(7);
    List<TokenSequence> sequences = new ArrayList<>();
    for (int length : new int[] {1, 2, 3, 5, 8, 13, 21, 40}) {
      sequences.add(new TokenSequence("all", random.ints(length, 0, 70).toArray()));
    }
    return new SequenceData(sequences);
  }
}
