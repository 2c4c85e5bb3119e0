package io.moetool.analyzers.neurons;

import java.util.Comparator;
import java.util.stream.IntStream;

/** What the neurons of one expert are worth. */
final class NeuronScores {
  private final double[] energies;
  private final double[] lengths;

  /**
   * The neurons of an expert.
   *
   * @param energies by neuron
   * @param lengths squared length of what a neuron contributes of the last projection
   */
  NeuronScores(double[] energies, double[] lengths) {
    this.energies = energies;
    this.lengths = lengths;
  }

  double[] energies() {
    return energies.clone();
  }

  /** All neurons, best first: by energy, then by length, then by number. */
  int[] ranking() {
    return IntStream.range(0, energies.length)
        .boxed()
        .sorted(
            Comparator.comparingDouble((Integer neuron) -> -energies[neuron])
                .thenComparingDouble(neuron -> -lengths[neuron])
                .thenComparingInt(neuron -> neuron))
        .mapToInt(Integer::intValue)
        .toArray();
  }
}
