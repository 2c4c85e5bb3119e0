package io.moetool.transforms.validate;

import io.moetool.kernels.FloatMatrix;
import io.moetool.runtime.run.Logits;
import io.moetool.runtime.run.Predictions;
import java.util.concurrent.atomic.LongAdder;

/** Logits that count the time it takes to compute them, whenever that happens. */
record TimedLogits(Logits logits, LongAdder nanos) implements Logits {
  static Logits of(Predictions predictions, int sequence, LongAdder nanos) {
    long start = System.nanoTime();
    Logits logits = predictions.logits(sequence);
    nanos.add(System.nanoTime() - start);
    return new TimedLogits(logits, nanos);
  }

  @Override
  public FloatMatrix rows(int from, int to) {
    long start = System.nanoTime();
    FloatMatrix rows = logits.rows(from, to);
    nanos.add(System.nanoTime() - start);
    return rows;
  }

  @Override
  public void close() {
    logits.close();
  }
}
