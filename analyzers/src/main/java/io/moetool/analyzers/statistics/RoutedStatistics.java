package io.moetool.analyzers.statistics;

import io.moetool.formats.BadInputException;
import java.util.ArrayList;
import java.util.List;

/**
 * What a calibration pass summed over the tokens it routed.
 *
 * @param data what was run
 * @param layers one entry per layer with experts, ascending
 */
public record RoutedStatistics(MeasuredData data, List<LayerStatistics> layers) {
  public RoutedStatistics {
    layers = List.copyOf(layers);
  }

  /**
   * Sums over some domains only; what is not summed by domain stays as it is.
   *
   * @param where what the statistics were read from, for messages
   * @param names of the domains, in the order of the result
   * @throws BadInputException if there is no such domain
   */
  RoutedStatistics ofDomains(String where, List<String> names) {
    List<String> known = data.domainNames();
    for (String name : names) {
      if (!known.contains(name)) {
        throw new BadInputException(
            where,
            "no data of domain '%s' was measured".formatted(name),
            "name domains among " + String.join(", ", known));
      }
    }
    List<Integer> places = names.stream().map(known::indexOf).toList();
    return new RoutedStatistics(
        new MeasuredData(data.fingerprints(), places.stream().map(data.domains()::get).toList()),
        layers.stream().map(layer -> layer.ofDomains(places)).toList());
  }

  /**
   * These sums and those over further data.
   *
   * @throws BadInputException if some data is in both
   */
  RoutedStatistics plus(RoutedStatistics other) {
    for (String fingerprint : other.data.fingerprints()) {
      if (data.fingerprints().contains(fingerprint)) {
        throw new BadInputException(
            "statistics over data " + fingerprint,
            "that data is counted already",
            "add statistics over other data");
      }
    }
    MeasuredData both = data.plus(other.data);
    List<String> names = both.domainNames();
    int[] places = other.data.domainNames().stream().mapToInt(names::indexOf).toArray();
    List<LayerStatistics> sums = new ArrayList<>();
    for (int i = 0; i < layers.size(); i++) {
      sums.add(layers.get(i).plus(other.layers.get(i), places, names.size()));
    }
    return new RoutedStatistics(both, sums);
  }
}
