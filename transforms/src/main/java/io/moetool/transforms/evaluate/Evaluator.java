package io.moetool.transforms.evaluate;

import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.LanguageModel;
import io.moetool.runtime.run.Logits;
import io.moetool.runtime.run.Predictions;
import io.moetool.runtime.run.RunProgress;
import io.moetool.runtime.run.SequenceScorer;
import io.moetool.runtime.run.WorkPool;
import io.moetool.runtime.text.SequenceData;
import java.util.concurrent.atomic.AtomicInteger;

/** Runs a model over data and adds up its loss. */
public final class Evaluator {
  private final OrtEngine engine;
  private final WorkPool pool;

  /** An evaluator that scores on these threads. */
  public Evaluator(OrtEngine engine, WorkPool pool) {
    this.engine = engine;
    this.pool = pool;
  }

  /** Loss of {@code model} on {@code data}. */
  public Evaluation evaluate(LanguageModel model, SequenceData data, RunProgress progress) {
    long start = System.nanoTime();
    int count = data.sequences().size();
    double[] losses = new double[count];
    AtomicInteger done = new AtomicInteger();
    try (Predictions predictions = model.predict(data, progress);
        SequenceScorer scorer = new SequenceScorer(engine, model.vocabulary())) {
      pool.forEach(
          count,
          i -> {
            try (Logits logits = predictions.logits(i)) {
              losses[i] = scorer.loss(logits, data.sequences().get(i));
            }
            progress.report("sequences", done.incrementAndGet(), count);
          });
    }
    return evaluation(model, data, losses, (System.nanoTime() - start) / 1e9);
  }

  /** The result for these losses by sequence. */
  public static Evaluation evaluation(
      LanguageModel model, SequenceData data, double[] losses, double seconds) {
    DomainSums sums = new DomainSums(data);
    Loss all = Loss.of(data.predicted(), sums.total(i -> losses[i]));
    return new Evaluation(
        model.form(),
        model.device(),
        model.compute(),
        data.sequences().size(),
        all.tokens(),
        all.meanNll(),
        all.perplexity(),
        sums.losses(i -> losses[i]),
        seconds,
        all.tokens() / seconds);
  }
}
