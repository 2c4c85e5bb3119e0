package io.moetool.transforms.validate;

import io.moetool.formats.BadInputException;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.LanguageModel;
import io.moetool.runtime.run.Logits;
import io.moetool.runtime.run.Predictions;
import io.moetool.runtime.run.RunProgress;
import io.moetool.runtime.run.SequenceComparer;
import io.moetool.runtime.run.WorkPool;
import io.moetool.runtime.text.SequenceData;
import io.moetool.transforms.evaluate.Evaluator;
import io.moetool.transforms.evaluate.OpenModel;
import java.util.List;
import java.util.SequencedMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** Runs two models over the same tokens and compares what they predict. */
public final class Validator {
  private final OrtEngine engine;
  private final WorkPool pool;

  /** A validator that compares on these threads. */
  public Validator(OrtEngine engine, WorkPool pool) {
    this.engine = engine;
    this.pool = pool;
  }

  /**
   * Compares a candidate with its base on {@code data}.
   *
   * @param tasks what both have answered; gates may be of their scores
   * @throws BadInputException if their vocabularies differ
   */
  public Validation validate(
      OpenModel base,
      OpenModel candidate,
      SequenceData data,
      List<TaskComparison> tasks,
      Gates gates,
      RunProgress progress) {
    requireComparable(base, candidate);
    try (BaseRun run = BaseRun.of(base, data, progress)) {
      return validate(run, candidate, tasks, gates, progress);
    }
  }

  /**
   * Compares a candidate with a base that has been run already.
   *
   * @param tasks what both have answered; gates may be of their scores
   * @throws BadInputException if their vocabularies differ
   */
  public Validation validate(
      BaseRun run,
      OpenModel candidateModel,
      List<TaskComparison> tasks,
      Gates gates,
      RunProgress progress) {
    requireComparable(run.model(), candidateModel);
    LanguageModel candidate = candidateModel.model();
    SequenceData data = run.data();
    int count = data.sequences().size();
    SequenceComparer.Sums[] sums = new SequenceComparer.Sums[count];
    AtomicInteger done = new AtomicInteger();
    LongAdder baseNanos = new LongAdder();
    LongAdder candidateNanos = new LongAdder();
    long start = System.nanoTime();
    try (Predictions ofCandidate = candidate.predict(data, progress);
        SequenceComparer comparer = new SequenceComparer(engine, candidate.vocabulary())) {
      long ready = System.nanoTime();
      pool.forEach(
          count,
          i -> {
            try (Logits baseLogits = TimedLogits.of(run.predictions(), i, baseNanos);
                Logits candidateLogits = TimedLogits.of(ofCandidate, i, candidateNanos)) {
              sums[i] = comparer.compare(baseLogits, candidateLogits, data.sequences().get(i));
            }
            progress.report("sequences", done.incrementAndGet(), count);
          });
      return validation(
          run.model(),
          candidateModel,
          data,
          tasks,
          gates,
          List.of(sums),
          seconds(run.nanos(), baseNanos),
          seconds(ready - start, candidateNanos));
    }
  }

  /**
   * Passes if two models can be compared, before hours are spent on running them.
   *
   * @throws BadInputException if their vocabularies differ
   */
  public static void requireComparable(OpenModel base, OpenModel candidate) {
    if (base.model().vocabulary() != candidate.model().vocabulary()) {
      throw new BadInputException(
          "candidate",
          "its vocabulary has %d tokens, the base's has %d"
              .formatted(candidate.model().vocabulary(), base.model().vocabulary()),
          "compare a model with what was made from it");
    }
  }

  /** Wall time of a model's own work: what it did alone, and its share of the threads. */
  private double seconds(long alone, LongAdder shared) {
    return (alone + (double) shared.sum() / pool.threads()) / 1e9;
  }

  private static Validation validation(
      OpenModel base,
      OpenModel candidate,
      SequenceData data,
      List<TaskComparison> tasks,
      Gates gates,
      List<SequenceComparer.Sums> sums,
      double baseSeconds,
      double candidateSeconds) {
    ComparedSequences compared = new ComparedSequences(data, sums);
    SequencedMap<String, DomainComparison> domains = compared.byDomain();
    DomainComparison all = compared.all();
    List<GateResult> results = gates.check(all, domains.values(), tasks, candidate.size().bytes());
    double[] baseLosses = sums.stream().mapToDouble(SequenceComparer.Sums::baseLoss).toArray();
    double[] candidateLosses =
        sums.stream().mapToDouble(SequenceComparer.Sums::candidateLoss).toArray();
    return new Validation(
        Evaluator.evaluation(base.model(), data, baseLosses, baseSeconds),
        Evaluator.evaluation(candidate.model(), data, candidateLosses, candidateSeconds),
        all.klDivergence(),
        all.top1Agreement(),
        domains,
        results,
        results.stream().allMatch(GateResult::passed),
        all.top5Agreement(),
        all.acceptance(),
        all.nllDifference(),
        all.perplexityRatio(),
        all.intervals(),
        all.pValue(),
        Inference.USED,
        base.size(),
        candidate.size(),
        List.copyOf(tasks),
        List.of());
  }
}
