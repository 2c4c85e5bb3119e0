package io.moetool.kernels;

import java.util.ArrayList;
import java.util.List;

/**
 * Agglomerative clustering: begins with every item alone and joins the two nearest clusters until
 * so many are left. Distances to a joined cluster follow from those to its parts (Lance and
 * Williams, Computer Journal 9, 1967). Of equally near pairs the one whose first members come first
 * is joined, so the same distances give the same clusters everywhere. O(n³).
 */
public final class HierarchicalClustering {
  /** How far two clusters are from each other. */
  public enum Linkage {
    /** Mean distance of their members (UPGMA). */
    AVERAGE,
    /** Distance of their nearest members. */
    SINGLE,
    /** Distance of their farthest members. */
    COMPLETE,
    /** Growth of the sum of squares within clusters, for Euclidean distances. */
    WARD
  }

  /**
   * Two clusters that were joined, named by their first members.
   *
   * @param first the lower first member; names the joined cluster
   * @param second the other first member
   * @param height their distance
   */
  public record Join(int first, int second, double height) {}

  private final Linkage linkage;
  private final double[][] distances;
  private final int[] sizes;
  private final List<Join> joins = new ArrayList<>();

  private HierarchicalClustering(double[][] distances, Linkage linkage) {
    this.linkage = linkage;
    this.distances = new double[distances.length][];
    this.sizes = new int[distances.length];
    for (int i = 0; i < distances.length; i++) {
      this.distances[i] = distances[i].clone();
      sizes[i] = 1;
    }
  }

  /**
   * All joins, in order, down to one cluster: the dendrogram.
   *
   * @param distances symmetric and finite, {@code [n, n]}; for {@link Linkage#WARD} Euclidean
   * @throws IllegalArgumentException if they are not
   */
  public static List<Join> joins(double[][] distances, Linkage linkage) {
    return run(distances, linkage, 1).joins;
  }

  /**
   * Clusters, in the order of their first members; members ascending.
   *
   * @param distances symmetric and finite, {@code [n, n]}; for {@link Linkage#WARD} Euclidean
   * @param count how many are left, from 1 to n
   * @throws IllegalArgumentException if distances or count are not as said
   */
  public static List<List<Integer>> clusters(double[][] distances, Linkage linkage, int count) {
    if (count < 1 || count > distances.length) {
      throw new IllegalArgumentException(
          "%d items make no %d clusters".formatted(distances.length, count));
    }
    int[] firstMember = new int[distances.length];
    for (int item = 0; item < firstMember.length; item++) {
      firstMember[item] = item;
    }
    for (Join join : run(distances, linkage, count).joins) {
      for (int item = 0; item < firstMember.length; item++) {
        if (firstMember[item] == join.second()) {
          firstMember[item] = join.first();
        }
      }
    }
    List<List<Integer>> clusters = new ArrayList<>();
    for (int first = 0; first < firstMember.length; first++) {
      if (firstMember[first] == first) {
        List<Integer> members = new ArrayList<>();
        for (int item = first; item < firstMember.length; item++) {
          if (firstMember[item] == first) {
            members.add(item);
          }
        }
        clusters.add(members);
      }
    }
    return clusters;
  }

  private static HierarchicalClustering run(double[][] distances, Linkage linkage, int count) {
    for (int i = 0; i < distances.length; i++) {
      for (int j = 0; j < distances.length; j++) {
        if (!Double.isFinite(distances[i][j]) || distances[i][j] != distances[j][i]) {
          throw new IllegalArgumentException(
              "distances of %d and %d: %s and %s"
                  .formatted(i, j, distances[i][j], distances[j][i]));
        }
      }
    }
    HierarchicalClustering clustering = new HierarchicalClustering(distances, linkage);
    for (int left = distances.length; left > count; left--) {
      clustering.joinNearest();
    }
    return clustering;
  }

  private void joinNearest() {
    int first = -1;
    int second = -1;
    for (int i = 0; i < sizes.length; i++) {
      for (int j = i + 1; j < sizes.length && sizes[i] > 0; j++) {
        if (sizes[j] > 0 && (first < 0 || distances[i][j] < distances[first][second])) {
          first = i;
          second = j;
        }
      }
    }
    joins.add(new Join(first, second, distances[first][second]));
    for (int other = 0; other < sizes.length; other++) {
      if (sizes[other] > 0 && other != first && other != second) {
        double distance = toJoined(other, first, second);
        distances[other][first] = distance;
        distances[first][other] = distance;
      }
    }
    sizes[first] += sizes[second];
    sizes[second] = 0;
  }

  private double toJoined(int other, int first, int second) {
    double a = distances[other][first];
    double b = distances[other][second];
    double ofFirst = sizes[first];
    double ofSecond = sizes[second];
    return switch (linkage) {
      case SINGLE -> Math.min(a, b);
      case COMPLETE -> Math.max(a, b);
      case AVERAGE -> (ofFirst * a + ofSecond * b) / (ofFirst + ofSecond);
      case WARD -> {
        double between = distances[first][second];
        double ofOther = sizes[other];
        double squared =
            ((ofOther + ofFirst) * a * a
                    + (ofOther + ofSecond) * b * b
                    - ofOther * between * between)
                / (ofOther + ofFirst + ofSecond);
        yield Math.sqrt(Math.max(0, squared));
      }
    };
  }
}
