package io.moetool.transforms.group;

import io.moetool.kernels.HierarchicalClustering;
import io.moetool.kernels.HierarchicalClustering.Linkage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Experts joined nearest first until so many groups are left. */
final class Clusters {
  private Clusters() {}

  /** How far two different experts are from each other; finite. */
  @FunctionalInterface
  interface Distance {
    /** The lower index comes first. */
    double between(int expert, int other);
  }

  /**
   * Groups, each with its leader first: the member with the smallest sum of squared distances to
   * the others, which for Euclidean distances is the one nearest the group's mean. Of equals the
   * lower index leads.
   *
   * @param candidates ascending
   * @param count from 1 to the number of candidates
   */
  static List<List<Integer>> of(
      List<Integer> candidates, int count, Linkage linkage, Distance distance) {
    int size = candidates.size();
    double[][] distances = new double[size][size];
    for (int i = 0; i < size; i++) {
      for (int j = i + 1; j < size; j++) {
        distances[i][j] = distance.between(candidates.get(i), candidates.get(j));
        distances[j][i] = distances[i][j];
      }
    }
    List<List<Integer>> groups = new ArrayList<>();
    for (List<Integer> cluster : HierarchicalClustering.clusters(distances, linkage, count)) {
      int leader =
          cluster.stream()
              .min(
                  Comparator.comparingDouble((Integer place) -> squares(distances[place], cluster)))
              .orElseThrow();
      List<Integer> group = new ArrayList<>(List.of(candidates.get(leader)));
      cluster.stream().filter(place -> place != leader).map(candidates::get).forEach(group::add);
      groups.add(group);
    }
    return groups;
  }

  private static double squares(double[] distances, List<Integer> others) {
    return others.stream().mapToDouble(other -> distances[other] * distances[other]).sum();
  }
}
