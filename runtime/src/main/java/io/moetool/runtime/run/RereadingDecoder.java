package io.moetool.runtime.run;

import io.moetool.kernels.FloatMatrix;
import io.moetool.runtime.text.SequenceData;
import io.moetool.runtime.text.TokenSequence;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Decodes with a model that remembers nothing: the whole sequence is read again each time. */
final class RereadingDecoder implements TokenDecoder {
  private static final String DOMAIN = "all";

  private final LanguageModel model;
  private int[] read = {};

  RereadingDecoder(LanguageModel model) {
    this.model = model;
  }

  @Override
  public float[] read(int[] tokens) {
    read = IntStream.concat(Arrays.stream(read), Arrays.stream(tokens)).toArray();
    SequenceData data = new SequenceData(List.of(new TokenSequence(DOMAIN, read)));
    try (Predictions predictions = model.predict(data, RunProgress.NONE);
        Logits logits = predictions.logits(0)) {
      FloatMatrix last = logits.rows(Math.max(0, read.length - 2), read.length);
      float[] values = new float[last.columns()];
      last.copyRowTo(last.rows() - 1, values);
      return values;
    }
  }

  @Override
  public void close() {
    // the model belongs to the caller
  }
}
