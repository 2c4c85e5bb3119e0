package io.moetool.transforms.convert;

import io.moetool.kernels.FloatMatrix;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.CheckpointModel;
import io.moetool.runtime.run.ExpertMask;
import io.moetool.runtime.run.LanguageModel;
import io.moetool.runtime.run.Logits;
import io.moetool.runtime.run.OnnxModel;
import io.moetool.runtime.run.Predictions;
import io.moetool.runtime.run.RunProgress;
import io.moetool.runtime.run.WorkPool;
import io.moetool.runtime.text.SequenceData;
import io.moetool.runtime.text.TokenSequence;
import io.moetool.transforms.SourceModel;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;

/** Runs an export and its source on the same tokens before the export is published. */
final class ExportCheck {
  private static final int TOKENS = 16;
  private static final long SEED = 20_240_229;

  /** Largest difference of a logit, as a share of the largest logit, that rounding explains. */
  private static final double TOLERANCE = 2e-3;

  private ExportCheck() {}

  /**
   * Largest difference of a logit.
   *
   * @throws IllegalStateException if it is more than rounding
   */
  static double run(SourceModel source, Path model, OrtEngine engine, WorkPool pool) {
    SequenceData data = new SequenceData(List.of(tokens(source)));
    LanguageModel original =
        new CheckpointModel(source.tensors(), source.architecture(), engine, pool, ExpertMask.NONE);
    try (OnnxModel export = new OnnxModel(model, engine);
        Predictions expected = original.predict(data, RunProgress.NONE);
        Predictions actual = export.predict(data, RunProgress.NONE);
        Logits expectedLogits = expected.logits(0);
        Logits actualLogits = actual.logits(0)) {
      int length = data.sequences().getFirst().length();
      return compare(expectedLogits.rows(0, length), actualLogits.rows(0, length));
    }
  }

  private static TokenSequence tokens(SourceModel source) {
    int length = Math.min(TOKENS, source.architecture().maxPositions());
    return new TokenSequence(
        "check",
        new SplittableRandom(SEED).ints(length, 0, source.architecture().vocabulary()).toArray());
  }

  private static double compare(FloatMatrix expected, FloatMatrix actual) {
    double difference = 0;
    double largest = 1;
    for (int row = 0; row < expected.rows(); row++) {
      for (int column = 0; column < expected.columns(); column++) {
        float value = expected.get(row, column);
        double distance = Math.abs((double) value - actual.get(row, column));
        if (!(distance <= difference)) {
          difference = distance;
        }
        largest = Math.max(largest, Math.abs(value));
      }
    }
    if (!(difference <= TOLERANCE * largest)) {
      throw new IllegalStateException(
          "the exported model's logits differ from the checkpoint's by %s; nothing was published"
              .formatted(difference));
    }
    return difference;
  }
}
