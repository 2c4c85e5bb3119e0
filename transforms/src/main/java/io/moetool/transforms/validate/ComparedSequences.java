package io.moetool.transforms.validate;

import io.moetool.runtime.run.SequenceComparer;
import io.moetool.runtime.text.SequenceData;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** What comparing two models on every sequence gave, and what follows from it. */
final class ComparedSequences {
  private final SequenceData data;
  private final List<SequenceComparer.Sums> sums;

  /**
   * Comparisons of all sequences.
   *
   * @param sums one a sequence, in order
   */
  ComparedSequences(SequenceData data, List<SequenceComparer.Sums> sums) {
    this.data = data;
    this.sums = List.copyOf(sums);
  }

  /** Every domain in which something is predicted, in order of first appearance. */
  SequencedMap<String, DomainComparison> byDomain() {
    SequencedMap<String, DomainComparison> domains = new LinkedHashMap<>();
    members().forEach((domain, members) -> domains.put(domain, compare(members, List.of(members))));
    return domains;
  }

  /** All sequences together. */
  DomainComparison all() {
    int[] predicted = IntStream.range(0, sums.size()).filter(i -> predicted(i) > 0).toArray();
    return compare(predicted, List.copyOf(members().values()));
  }

  private SequencedMap<String, int[]> members() {
    SequencedMap<String, List<Integer>> members = new LinkedHashMap<>();
    for (int i = 0; i < sums.size(); i++) {
      if (predicted(i) > 0) {
        members.computeIfAbsent(data.sequences().get(i).domain(), _ -> new ArrayList<>()).add(i);
      }
    }
    SequencedMap<String, int[]> arrays = new LinkedHashMap<>();
    members.forEach((domain, list) -> arrays.put(domain, list.stream().mapToInt(i -> i).toArray()));
    return arrays;
  }

  private DomainComparison compare(int[] members, List<int[]> domains) {
    long tokens = IntStream.of(members).mapToLong(this::predicted).sum();
    double baseNll = sum(members, SequenceComparer.Sums::baseLoss) / tokens;
    double candidateNll = sum(members, SequenceComparer.Sums::candidateLoss) / tokens;
    double difference = candidateNll - baseNll;
    return new DomainComparison(
        tokens,
        baseNll,
        candidateNll,
        sum(members, SequenceComparer.Sums::divergence) / tokens,
        sum(members, SequenceComparer.Sums::agreements) / tokens,
        members.length,
        sum(members, SequenceComparer.Sums::sharedBest) / tokens,
        sum(members, SequenceComparer.Sums::overlap) / tokens,
        difference,
        Math.exp(difference),
        members.length < 2 ? Optional.empty() : Optional.of(intervals(domains)),
        SignFlipTest.pValue(
            IntStream.of(members).mapToDouble(i -> lossDifference(sums.get(i))).toArray()));
  }

  private Intervals intervals(List<int[]> domains) {
    double[] tokens = IntStream.range(0, sums.size()).mapToDouble(this::predicted).toArray();
    List<Interval> found =
        new Bootstrap(domains, tokens, Bootstrap.RESAMPLES)
            .intervals(
                List.of(
                    each(ComparedSequences::lossDifference),
                    each(SequenceComparer.Sums::divergence),
                    each(SequenceComparer.Sums::agreements),
                    each(SequenceComparer.Sums::sharedBest),
                    each(SequenceComparer.Sums::overlap)));
    Interval difference = found.getFirst();
    return new Intervals(
        difference,
        difference.map(Math::exp),
        found.get(1),
        found.get(2),
        found.get(3),
        found.get(4));
  }

  private int predicted(int sequence) {
    return data.sequences().get(sequence).predicted();
  }

  private double[] each(ToDoubleFunction<SequenceComparer.Sums> quantity) {
    return sums.stream().mapToDouble(quantity).toArray();
  }

  /** Added in sequence order, so that the result does not depend on threads. */
  private double sum(int[] members, ToDoubleFunction<SequenceComparer.Sums> quantity) {
    double sum = 0;
    for (int i : members) {
      sum += quantity.applyAsDouble(sums.get(i));
    }
    return sum;
  }

  private static double lossDifference(SequenceComparer.Sums sums) {
    return sums.candidateLoss() - sums.baseLoss();
  }
}
