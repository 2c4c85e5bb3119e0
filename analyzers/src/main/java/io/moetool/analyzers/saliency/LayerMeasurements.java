package io.moetool.analyzers.saliency;

import io.moetool.analyzers.statistics.ExpertSums;
import io.moetool.analyzers.statistics.LayerSample;
import io.moetool.analyzers.statistics.LayerStatistics;
import io.moetool.analyzers.statistics.LayerWeightStatistics;
import io.moetool.analyzers.statistics.Statistics;
import io.moetool.formats.BadInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What is known about one layer when its experts are scored.
 *
 * @param layer index in the model
 * @param experts number of experts, E
 * @param routed sums over calibration data, empty if there was none
 * @param weights sums over weights, empty if they were not read
 * @param sampled what a sample showed, empty if none was taken
 */
public record LayerMeasurements(
    int layer,
    int experts,
    Optional<LayerStatistics> routed,
    Optional<LayerWeightStatistics> weights,
    Optional<LayerSample> sampled) {

  /** The layers of a model, ascending. */
  public static List<LayerMeasurements> of(Statistics statistics) {
    List<LayerMeasurements> layers = new ArrayList<>();
    for (int layer : statistics.model().moeLayers()) {
      int place = layers.size();
      layers.add(
          new LayerMeasurements(
              layer,
              statistics.model().experts(),
              statistics.routed().map(routed -> routed.layers().get(place)),
              statistics.weights().map(weights -> weights.layers().get(place)),
              statistics.sampled().map(sampled -> sampled.layers().get(place))));
    }
    return layers;
  }

  /**
   * Sums over calibration data.
   *
   * @throws BadInputException if there are none
   */
  public LayerStatistics requireRouted() {
    return routed.orElseThrow(() ->
        new BadInputException(
            "layer " + layer,
            "nothing was measured on data",
            "analyze the model with --data, or choose a method that needs weights alone"));
  }

  /** What is known from the data of one domain alone. */
  LayerMeasurements ofDomain(int domain) {
    return new LayerMeasurements(
        layer, experts, Optional.of(requireRouted().ofDomains(List.of(domain))), weights, sampled);
  }

  /**
   * What a sample showed.
   *
   * @throws BadInputException if none was taken
   */
  public LayerSample requireSample() {
    return sampled.orElseThrow(() ->
        new BadInputException(
            "layer " + layer,
            "the experts were not run on a sample of the tokens",
            "analyze the model with --data and without --sample-tokens 0"));
  }

  /** Sums over calibration data, all domains together. */
  ExpertSums sums() {
    return requireRouted().overall();
  }

  /**
   * Sums over weights.
   *
   * @throws BadInputException if there are none
   */
  public LayerWeightStatistics requireWeights() {
    return weights.orElseThrow(() ->
        new BadInputException(
            "layer " + layer, "nothing was measured on weights", "analyze the model again"));
  }
}
