package io.moetool.analyzers.statistics;

import io.moetool.formats.BadInputException;
import java.util.List;
import java.util.Optional;

/**
 * All that has been measured of a model, the content of {@code statistics.safetensors}.
 *
 * @param model what was measured
 * @param routed sums over calibration data, empty if there was none
 * @param weights sums over weights, empty if they were not read
 * @param sampled what every expert does with a sample of the tokens, empty if none was taken
 */
public record Statistics(
    MeasuredModel model,
    Optional<RoutedStatistics> routed,
    Optional<WeightStatistics> weights,
    Optional<SampledStatistics> sampled) {

  /** Nothing measured yet. */
  public static Statistics none(MeasuredModel model) {
    return new Statistics(model, Optional.empty(), Optional.empty(), Optional.empty());
  }

  /** What a pass over data has measured in one layer, as statistics of a model with that alone. */
  static Statistics ofLayer(
      MeasuredModel model, MeasuredData data, LayerStatistics layer, Optional<LayerSample> sample) {
    return new Statistics(
        model.ofLayer(layer.layer()),
        Optional.of(new RoutedStatistics(data, List.of(layer))),
        Optional.empty(),
        sample.map(measured -> new SampledStatistics(List.of(measured))));
  }

  /** The same with sums over weights. */
  public Statistics withWeights(WeightStatistics measured) {
    return new Statistics(model, routed, Optional.of(measured), sampled);
  }

  /** The same with what a sample showed, if one was taken. */
  public Statistics withSample(Optional<SampledStatistics> measured) {
    return new Statistics(model, routed, weights, measured);
  }

  /**
   * The sums over calibration data.
   *
   * @throws BadInputException if there are none
   */
  public RoutedStatistics requireRouted() {
    return routed.orElseThrow(() ->
        new BadInputException(
            "statistics of " + model.fingerprint(),
            "nothing was measured on data",
            "analyze the model with --data, or choose a method that needs weights alone"));
  }

  /**
   * The same with sums over some domains only; what is not summed by domain stays as it is.
   *
   * @param where what the statistics were read from, for messages
   * @param names of the domains, in the order of the result
   * @throws BadInputException if nothing was measured on data, or there is no such domain
   */
  public Statistics ofDomains(String where, List<String> names) {
    return new Statistics(
        model, Optional.of(requireRouted().ofDomains(where, names)), weights, sampled);
  }

  /**
   * Adds up what was measured on disjoint data. What is no sum of a sample is kept only if one of
   * the two has a sample.
   *
   * @throws BadInputException if the other statistics are of another model, or some data is in both
   */
  public Statistics plus(Statistics other) {
    if (!model.equals(other.model)) {
      throw new BadInputException(
          "statistics of " + other.model.fingerprint(),
          "they are of another model than those of " + model.fingerprint(),
          "add statistics of one model only");
    }
    Optional<RoutedStatistics> sum =
        routed.isPresent() && other.routed.isPresent()
            ? Optional.of(routed.get().plus(other.routed.get()))
            : routed.or(other::routed);
    Optional<WeightStatistics> read =
        weights.isPresent() && other.weights.isPresent()
            ? Optional.of(weights.get().or(other.weights.get()))
            : weights.or(other::weights);
    return new Statistics(model, sum, read, together(sampled, other.sampled));
  }

  private static Optional<SampledStatistics> together(
      Optional<SampledStatistics> a, Optional<SampledStatistics> b) {
    return a.isPresent() && b.isPresent() ? Optional.of(a.get().plus(b.get())) : a.or(() -> b);
  }
}
