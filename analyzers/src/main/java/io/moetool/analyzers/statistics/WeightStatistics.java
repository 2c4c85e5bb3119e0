package io.moetool.analyzers.statistics;

import java.util.List;

/**
 * What weights tell without any data.
 *
 * @param layers one entry per layer with experts, ascending
 */
public record WeightStatistics(List<LayerWeightStatistics> layers) {
  public WeightStatistics {
    layers = List.copyOf(layers);
  }
}
