package io.moetool.transforms.evaluate;

import io.moetool.runtime.text.SequenceData;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.function.IntToDoubleFunction;

/**
 * Adds a quantity up by domain, in sequence order, so that the result does not depend on threads.
 */
public final class DomainSums {
  private final SequenceData data;

  /** Sums over these sequences. */
  public DomainSums(SequenceData data) {
    this.data = data;
  }

  /** Sum over all sequences. */
  public double total(IntToDoubleFunction ofSequence) {
    double sum = 0;
    for (int i = 0; i < data.sequences().size(); i++) {
      sum += ofSequence.applyAsDouble(i);
    }
    return sum;
  }

  /** Sum by domain, in order of first appearance. */
  public SequencedMap<String, Double> byDomain(IntToDoubleFunction ofSequence) {
    SequencedMap<String, Double> sums = new LinkedHashMap<>();
    for (int i = 0; i < data.sequences().size(); i++) {
      sums.merge(data.sequences().get(i).domain(), ofSequence.applyAsDouble(i), Double::sum);
    }
    return sums;
  }

  /** Predicted tokens by domain; domains without any are left out. */
  public SequencedMap<String, Long> predicted() {
    SequencedMap<String, Long> tokens = new LinkedHashMap<>();
    data.sequences().stream()
        .filter(sequence -> sequence.predicted() > 0)
        .forEach(
            sequence -> tokens.merge(sequence.domain(), (long) sequence.predicted(), Long::sum));
    return tokens;
  }

  /** Loss by domain. */
  public SequencedMap<String, Loss> losses(IntToDoubleFunction ofSequence) {
    SequencedMap<String, Double> sums = byDomain(ofSequence);
    SequencedMap<String, Loss> losses = new LinkedHashMap<>();
    predicted()
        .forEach((domain, tokens) ->
            losses.put(domain, Loss.of(tokens, sums.getOrDefault(domain, 0.0))));
    return losses;
  }
}
