package io.moetool.transforms.convert;

import io.moetool.formats.BadInputException;
import io.moetool.kernels.FloatMatrix;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.LanguageModel;
import io.moetool.runtime.run.Logits;
import io.moetool.runtime.run.OnnxModel;
import io.moetool.runtime.run.Predictions;
import io.moetool.runtime.run.RunProgress;
import io.moetool.runtime.run.WorkPool;
import io.moetool.runtime.text.SequenceData;
import io.moetool.runtime.text.TokenSequence;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;

/** Runs an export and its source on the same tokens before the export is published. */
final class ExportCheck {
  private static final int TOKENS = 16;
  private static final long SEED = 20_240_229;

  /** Largest difference of a logit, as a share of the largest logit, that rounding explains. */
  private static final double TOLERANCE = 2e-3;

  /** Difference of all logits, as a share of them, that is no coarser storage but damage. */
  private static final double GROSS = 0.5;

  private ExportCheck() {}

  /**
   * How far logits are from the source's.
   *
   * @param most largest difference of a logit
   * @param relative root of the mean squared difference by that of the mean squared logit
   */
  record Differences(double most, double relative) {}

  /**
   * Compares logits.
   *
   * @param exact whether the export holds the source's weights as they are
   * @throws IllegalStateException if an exact export differs by more than rounding
   * @throws BadInputException if another differs grossly
   */
  static Differences run(
      ExportSource source, Path model, boolean exact, OrtEngine engine, WorkPool pool) {
    SequenceData data = new SequenceData(List.of(tokens(source)));
    try (LanguageModel original = source.reference(engine, pool);
        OnnxModel export = new OnnxModel(model, engine);
        Predictions expected = original.predict(data, RunProgress.NONE);
        Predictions actual = export.predict(data, RunProgress.NONE);
        Logits expectedLogits = expected.logits(0);
        Logits actualLogits = actual.logits(0)) {
      int length = data.sequences().getFirst().length();
      return compare(source, expectedLogits.rows(0, length), actualLogits.rows(0, length), exact);
    }
  }

  private static TokenSequence tokens(ExportSource source) {
    int length = Math.min(TOKENS, source.architecture().maxPositions());
    int vocabulary = source.architecture().vocabulary();
    SplittableRandom random = new SplittableRandom(SEED);
    int[] tokens = random.ints(length, 0, vocabulary).toArray();
    return source.architecture().encoder().isPresent()
        ? new TokenSequence("check", random.ints(length, 0, vocabulary).toArray(), tokens)
        : new TokenSequence("check", tokens);
  }

  private static Differences compare(
      ExportSource source, FloatMatrix expected, FloatMatrix actual, boolean exact) {
    double most = 0;
    double largest = 1;
    double squares = 0;
    double squaredDifferences = 0;
    for (int row = 0; row < expected.rows(); row++) {
      for (int column = 0; column < expected.columns(); column++) {
        float value = expected.get(row, column);
        double distance = Math.abs((double) value - actual.get(row, column));
        if (!(distance <= most)) {
          most = distance;
        }
        largest = Math.max(largest, Math.abs(value));
        squares += (double) value * value;
        squaredDifferences += distance * distance;
      }
    }
    if (exact && !(most <= TOLERANCE * largest)) {
      throw new IllegalStateException(
          "the exported model's logits differ from the checkpoint's by %s; nothing was published"
              .formatted(most));
    }
    double relative = squares == 0 ? most : Math.sqrt(squaredDifferences / squares);
    if (!exact && !(relative <= GROSS)) {
      throw new BadInputException(
          source.checkpoint().tensors().folder().toString(),
          "stored like this its logits differ by %.0f%%; nothing was published"
              .formatted(relative * 100),
          "use a finer --dtype or --experts");
    }
    return new Differences(most, relative);
  }
}
