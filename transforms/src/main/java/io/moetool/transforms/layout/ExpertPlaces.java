package io.moetool.transforms.layout;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which experts of a checkpoint stay, by layer, what their outputs are multiplied by, and what is
 * added to their rows in the router.
 *
 * @param stored experts that are stored in the result, ascending: their position is their number
 * @param masked those among them that are never chosen, ascending; layers that are not named have
 *     none
 * @param scales factors on the outputs of all experts of a layer; layers that are not named have 1
 * @param rows by stored expert, factors on the rows of all experts in the router whose sum is added
 *     to its own; layers that are not named have none
 * @param routersWhole whether routers keep the rows of all experts, whatever is stored
 */
public record ExpertPlaces(
    Map<Integer, List<Integer>> stored,
    Map<Integer, List<Integer>> masked,
    Map<Integer, Double> scales,
    Map<Integer, List<List<Double>>> rows,
    boolean routersWhole) {
  public ExpertPlaces {
    stored = Collections.unmodifiableMap(new TreeMap<>(stored));
    masked = Collections.unmodifiableMap(new TreeMap<>(masked));
    scales = Collections.unmodifiableMap(new TreeMap<>(scales));
    rows = Collections.unmodifiableMap(new TreeMap<>(rows));
  }

  /** Whether some layer stores fewer experts than these. */
  boolean areFewerThan(int experts) {
    return stored.values().stream().anyMatch(layer -> layer.size() < experts);
  }

  /** Experts of a layer that are stored and never chosen. */
  List<Integer> masked(int layer) {
    return masked.getOrDefault(layer, List.of());
  }

  /** What is added to the router's rows of a layer; none if they stay as they are. */
  List<List<Double>> rows(int layer) {
    return rows.getOrDefault(layer, List.of());
  }

  /** Factor on the outputs of a layer's experts. */
  double scale(int layer) {
    return scales.getOrDefault(layer, 1.0);
  }
}
