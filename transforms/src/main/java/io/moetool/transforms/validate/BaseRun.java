package io.moetool.transforms.validate;

import io.moetool.runtime.run.Predictions;
import io.moetool.runtime.run.RunProgress;
import io.moetool.runtime.text.SequenceData;
import io.moetool.transforms.evaluate.OpenModel;

/**
 * A base that has been run over data once, to be compared with any number of candidates.
 *
 * @param model the base; not closed by this
 * @param data what it read
 * @param predictions what it predicts
 * @param nanos time it took
 */
public record BaseRun(OpenModel model, SequenceData data, Predictions predictions, long nanos)
    implements AutoCloseable {
  /** Runs a base. */
  public static BaseRun of(OpenModel model, SequenceData data, RunProgress progress) {
    long start = System.nanoTime();
    Predictions predictions = model.model().predict(data, progress);
    return new BaseRun(model, data, predictions, System.nanoTime() - start);
  }

  @Override
  public void close() {
    predictions.close();
  }
}
