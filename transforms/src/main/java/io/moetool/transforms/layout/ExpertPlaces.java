package io.moetool.transforms.layout;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which experts of a checkpoint stay, by layer.
 *
 * @param stored experts that are stored in the result, ascending: their position is their number
 * @param masked those among them that are never chosen, ascending; layers that are not named have
 *     none
 */
public record ExpertPlaces(Map<Integer, List<Integer>> stored, Map<Integer, List<Integer>> masked) {
  public ExpertPlaces {
    stored = Collections.unmodifiableMap(new TreeMap<>(stored));
    masked = Collections.unmodifiableMap(new TreeMap<>(masked));
  }

  /** Experts of a layer that are stored and never chosen. */
  List<Integer> masked(int layer) {
    return masked.getOrDefault(layer, List.of());
  }
}
