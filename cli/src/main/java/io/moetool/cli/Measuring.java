package io.moetool.cli;

import io.moetool.analyzers.statistics.BaseRouters;
import io.moetool.analyzers.statistics.MeasuredModel;
import io.moetool.analyzers.statistics.SampleStatisticsTap;
import io.moetool.analyzers.statistics.Statistics;
import io.moetool.analyzers.statistics.StatisticsTap;
import io.moetool.analyzers.statistics.WeightReader;
import io.moetool.analyzers.statistics.WeightStatistics;
import io.moetool.formats.checkpoint.SourceState;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.CheckpointModel;
import io.moetool.runtime.run.ExpertMask;
import io.moetool.runtime.run.MemoryLimit;
import io.moetool.runtime.run.RunProgress;
import io.moetool.runtime.run.Savepoints;
import io.moetool.runtime.run.Taps;
import io.moetool.runtime.run.WorkPool;
import io.moetool.runtime.text.SequenceData;
import io.moetool.transforms.SourceModel;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Measures a checkpoint: its weights, and what it does with data. */
final class Measuring {
  /** Enough to compare experts, few enough to cost little beside a pass over much data. */
  static final int SAMPLE_TOKENS = 4096;

  private final SourceModel source;
  private final WorkPool pool;
  private final RunProgress progress;
  private final Optional<BaseRouters> base;

  Measuring(SourceModel source, WorkPool pool, RunProgress progress) {
    this(source, pool, progress, Optional.empty());
  }

  /**
   * As {@link #Measuring(SourceModel, WorkPool, RunProgress)}.
   *
   * @param base routers of the checkpoint that this one was trained from
   */
  Measuring(SourceModel source, WorkPool pool, RunProgress progress, Optional<BaseRouters> base) {
    this.source = source;
    this.pool = pool;
    this.progress = progress;
    this.base = base;
  }

  /** What weights alone tell. */
  Statistics weights() {
    return addWeights(Statistics.none(model()));
  }

  /**
   * One pass over the data, and what weights tell.
   *
   * @param sampleTokens how many of the tokens every expert is run on, or 0
   */
  Statistics weightsAnd(SequenceData data, OrtEngine engine, int sampleTokens) {
    return weightsAnd(data, engine, sampleTokens, Optional.empty(), Optional.empty());
  }

  /**
   * As {@link #weightsAnd(SequenceData, OrtEngine, int)}, in less memory, and so that it can go on
   * where it was ended.
   *
   * @param folder takes savepoints
   */
  Statistics weightsAnd(
      SequenceData given,
      OrtEngine engine,
      int sampleTokens,
      Optional<MemoryLimit> limit,
      Optional<AnalysisFolder> folder) {
    SequenceData data =
        source.architecture().encoder().isPresent() ? given.withoutLastTokens() : given;
    StatisticsTap tap = new StatisticsTap(model(), data);
    Optional<SampleStatisticsTap> sample =
        sampleTokens == 0
            ? Optional.empty()
            : Optional.of(new SampleStatisticsTap(data, sampleTokens));
    try (CheckpointModel running =
        new CheckpointModel(
            source.tensors(), source.architecture(), engine, pool, ExpertMask.NONE)) {
      running.observe(
          data,
          sample.map(Taps.of(tap)::with).orElse(Taps.of(tap)),
          limit,
          folder
              .<Savepoints>map(
                  kept -> kept.savepoints(work(data, engine, sampleTokens), model(), tap, sample))
              .orElse(Savepoints.NONE),
          progress);
    }
    return addWeights(tap.statistics().withSample(sample.flatMap(SampleStatisticsTap::statistics)));
  }

  /** What has to be the same for a pass that goes on where another was ended. */
  private Map<String, String> work(SequenceData data, OrtEngine engine, int sampleTokens) {
    Map<String, String> work = new LinkedHashMap<>();
    work.put("version of moetool", VersionText.version());
    work.put("model", source.fingerprint());
    work.put("state of the model's files", "sha256:" + SourceState.of(source.files()));
    work.put("data", data.fingerprint());
    work.put("number of --sample-tokens", Integer.toString(sampleTokens));
    work.put("device", engine.device().key());
    return work;
  }

  private Statistics addWeights(Statistics measured) {
    WeightStatistics read =
        new WeightReader(source.architecture(), source.tensors(), pool).read(progress);
    return measured.withWeights(base.map(read::comparedWith).orElse(read));
  }

  private MeasuredModel model() {
    return MeasuredModel.of(source.architecture(), source.fingerprint());
  }
}
