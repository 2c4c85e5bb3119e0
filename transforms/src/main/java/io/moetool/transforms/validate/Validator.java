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
import io.moetool.transforms.evaluate.DomainSums;
import io.moetool.transforms.evaluate.Evaluator;
import java.util.LinkedHashMap;
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
   * Compares {@code candidate} with {@code base} on {@code data}.
   *
   * @throws BadInputException if their vocabularies differ
   */
  public Validation validate(
      LanguageModel base,
      LanguageModel candidate,
      SequenceData data,
      Gates gates,
      RunProgress progress) {
    if (base.vocabulary() != candidate.vocabulary()) {
      throw new BadInputException(
          "candidate",
          "its vocabulary has %d tokens, the base's has %d"
              .formatted(candidate.vocabulary(), base.vocabulary()),
          "compare a model with what was made from it");
    }
    int count = data.sequences().size();
    SequenceComparer.Sums[] sums = new SequenceComparer.Sums[count];
    AtomicInteger done = new AtomicInteger();
    LongAdder baseNanos = new LongAdder();
    LongAdder candidateNanos = new LongAdder();
    long start = System.nanoTime();
    try (Predictions ofBase = base.predict(data, progress)) {
      long between = System.nanoTime();
      try (Predictions ofCandidate = candidate.predict(data, progress);
          SequenceComparer comparer = new SequenceComparer(engine, base.vocabulary())) {
        long ready = System.nanoTime();
        pool.forEach(
            count,
            i -> {
              try (Logits baseLogits = TimedLogits.of(ofBase, i, baseNanos);
                  Logits candidateLogits = TimedLogits.of(ofCandidate, i, candidateNanos)) {
                sums[i] = comparer.compare(baseLogits, candidateLogits, data.sequences().get(i));
              }
              progress.report("sequences", done.incrementAndGet(), count);
            });
        return validation(
            base,
            candidate,
            data,
            gates,
            sums,
            seconds(between - start, baseNanos),
            seconds(ready - between, candidateNanos));
      }
    }
  }

  /** Wall time of a model's own work: what it did alone, and its share of the threads. */
  private double seconds(long alone, LongAdder shared) {
    return (alone + (double) shared.sum() / pool.threads()) / 1e9;
  }

  private static Validation validation(
      LanguageModel base,
      LanguageModel candidate,
      SequenceData data,
      Gates gates,
      SequenceComparer.Sums[] sums,
      double baseSeconds,
      double candidateSeconds) {
    DomainSums add = new DomainSums(data);
    double[] baseLosses = new double[sums.length];
    double[] candidateLosses = new double[sums.length];
    for (int i = 0; i < sums.length; i++) {
      baseLosses[i] = sums[i].baseLoss();
      candidateLosses[i] = sums[i].candidateLoss();
    }
    SequencedMap<String, DomainComparison> domains = new LinkedHashMap<>();
    SequencedMap<String, Double> baseSums = add.byDomain(i -> baseLosses[i]);
    SequencedMap<String, Double> candidateSums = add.byDomain(i -> candidateLosses[i]);
    SequencedMap<String, Double> divergences = add.byDomain(i -> sums[i].divergence());
    SequencedMap<String, Double> agreements = add.byDomain(i -> sums[i].agreements());
    add.predicted()
        .forEach((domain, tokens) ->
            domains.put(
                domain,
                new DomainComparison(
                    tokens,
                    baseSums.getOrDefault(domain, 0.0) / tokens,
                    candidateSums.getOrDefault(domain, 0.0) / tokens,
                    divergences.getOrDefault(domain, 0.0) / tokens,
                    agreements.getOrDefault(domain, 0.0) / tokens)));
    long tokens = data.predicted();
    double kl = add.total(i -> sums[i].divergence()) / tokens;
    double agreement = add.total(i -> sums[i].agreements()) / tokens;
    List<GateResult> results =
        gates.check(
            kl,
            agreement,
            add.total(i -> baseLosses[i]) / tokens,
            add.total(i -> candidateLosses[i]) / tokens);
    return new Validation(
        Evaluator.evaluation(base, data, baseLosses, baseSeconds),
        Evaluator.evaluation(candidate, data, candidateLosses, candidateSeconds),
        kl,
        agreement,
        domains,
        results,
        results.stream().allMatch(GateResult::passed));
  }
}
