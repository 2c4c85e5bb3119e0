package io.moetool.runtime.run;

import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Experts that are never chosen, by layer: what a model does without them before they are removed.
 *
 * @param removed experts by layer index; layers that are not named lose none
 */
public record ExpertMask(Map<Integer, SortedSet<Integer>> removed) {
  /** Nothing is masked. */
  public static final ExpertMask NONE = new ExpertMask(Map.of());

  public ExpertMask {
    TreeMap<Integer, SortedSet<Integer>> copy = new TreeMap<>();
    removed.forEach((layer, experts) -> copy.put(layer, new TreeSet<>(experts)));
    removed = copy;
  }

  /** One flag an expert of a layer. */
  boolean[] flags(int layer, int experts) {
    boolean[] flags = new boolean[experts];
    removed.getOrDefault(layer, new TreeSet<>()).forEach(expert -> flags[expert] = true);
    return flags;
  }
}
