package io.moetool.cli;

import io.moetool.analyzers.statistics.MeasuredModel;
import io.moetool.analyzers.statistics.Statistics;
import io.moetool.analyzers.statistics.StatisticsTap;
import io.moetool.analyzers.statistics.WeightReader;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.CheckpointModel;
import io.moetool.runtime.run.ExpertMask;
import io.moetool.runtime.run.RunProgress;
import io.moetool.runtime.run.WorkPool;
import io.moetool.runtime.text.SequenceData;
import io.moetool.transforms.SourceModel;

/** Measures a checkpoint: its weights, and what it does with data. */
final class Measuring {
  private final SourceModel source;
  private final WorkPool pool;
  private final RunProgress progress;

  Measuring(SourceModel source, WorkPool pool, RunProgress progress) {
    this.source = source;
    this.pool = pool;
    this.progress = progress;
  }

  /** What weights alone tell. */
  Statistics weights() {
    return addWeights(Statistics.none(model()));
  }

  /** One pass over the data, and what weights tell. */
  Statistics weightsAnd(SequenceData data, OrtEngine engine) {
    StatisticsTap tap = new StatisticsTap(model(), data);
    try (CheckpointModel running =
        new CheckpointModel(
            source.tensors(), source.architecture(), engine, pool, ExpertMask.NONE)) {
      running.observe(data, tap, progress);
    }
    return addWeights(tap.statistics());
  }

  private Statistics addWeights(Statistics measured) {
    return measured.withWeights(
        new WeightReader(source.architecture(), source.tensors(), pool).read(progress));
  }

  private MeasuredModel model() {
    return MeasuredModel.of(source.architecture(), source.fingerprint());
  }
}
