package io.moetool.transforms.group;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The experts of a layer around which groups form. */
public final class Leaders {
  private Leaders() {}

  /** Experts by falling score; of equal ones the lower index first. */
  public static List<Integer> order(List<Integer> candidates, double[] scores) {
    return candidates.stream()
        .sorted(
            Comparator.comparingDouble((Integer expert) -> -scores[expert])
                .thenComparing(Comparator.naturalOrder()))
        .toList();
  }

  /** How alike two experts are. */
  @FunctionalInterface
  interface Similarity {
    double of(int expert, int other);
  }

  /**
   * The first {@code count} experts lead; every other one, in order, joins the leader it is most
   * like, of equals the first.
   */
  static List<List<Integer>> joinMostAlike(List<Integer> order, int count, Similarity similarity) {
    List<List<Integer>> groups = new ArrayList<>();
    order.subList(0, count).forEach(leader -> groups.add(new ArrayList<>(List.of(leader))));
    for (int expert : order.subList(count, order.size())) {
      List<Integer> nearest = groups.getFirst();
      for (List<Integer> group : groups) {
        if (similarity.of(group.getFirst(), expert) > similarity.of(nearest.getFirst(), expert)) {
          nearest = group;
        }
      }
      nearest.add(expert);
    }
    return groups;
  }
}
