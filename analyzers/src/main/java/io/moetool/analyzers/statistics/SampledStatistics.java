package io.moetool.analyzers.statistics;

import java.util.ArrayList;
import java.util.List;

/**
 * What running every expert on a sample of the tokens showed.
 *
 * @param layers one entry per layer with experts, ascending; of how many tokens, each says itself
 */
public record SampledStatistics(List<LayerSample> layers) {
  public SampledStatistics {
    layers = List.copyOf(layers);
  }

  /** Whether what is no sum is known. */
  public boolean ofOnePass() {
    return layers.getFirst().extent().ofOnePass();
  }

  /**
   * These sums and those of a sample of further data. What is no sum (CKA, the order in which
   * experts are eliminated, the best sets and their losses) is lost: it follows from tokens that no
   * file holds.
   */
  SampledStatistics plus(SampledStatistics other) {
    List<LayerSample> sums = new ArrayList<>();
    for (int i = 0; i < layers.size(); i++) {
      sums.add(layers.get(i).plus(other.layers.get(i)));
    }
    return new SampledStatistics(sums);
  }
}
