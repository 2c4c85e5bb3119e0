package io.moetool.analyzers.statistics;

import io.moetool.formats.BadInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What weights tell without any data.
 *
 * @param layers one entry per layer with experts, ascending
 * @param base fingerprint of the checkpoint whose routers they were compared with, if any
 */
public record WeightStatistics(List<LayerWeightStatistics> layers, Optional<String> base) {
  public WeightStatistics {
    layers = List.copyOf(layers);
  }

  /** The same beside the routers of the checkpoint that the model was trained from. */
  public WeightStatistics comparedWith(BaseRouters routers) {
    List<LayerWeightStatistics> compared = new ArrayList<>();
    for (LayerWeightStatistics layer : layers) {
      compared.add(layer.withBase(routers.norms(compared.size())));
    }
    return new WeightStatistics(compared, Optional.of(routers.fingerprint()));
  }

  /**
   * One of two readings of the same weights: the one with a base, if there is one.
   *
   * @throws BadInputException if they were compared with different bases
   */
  WeightStatistics or(WeightStatistics other) {
    if (base.isPresent() && other.base.isPresent() && !base.equals(other.base)) {
      throw new BadInputException(
          "statistics with base " + other.base.get(),
          "the others were compared with another base, " + base.get(),
          "analyze all data with the same --base, or without");
    }
    return base.isPresent() ? this : other;
  }
}
