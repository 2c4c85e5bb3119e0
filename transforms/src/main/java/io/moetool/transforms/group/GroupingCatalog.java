package io.moetool.transforms.group;

import io.moetool.formats.BadInputException;
import io.moetool.kernels.HierarchicalClustering.Linkage;
import java.util.List;

/** All grouping methods that can be asked for by name. */
public final class GroupingCatalog {
  private static final long DEFAULT_SEED = 0;

  private GroupingCatalog() {}

  /** All methods, in the order they are listed to people. */
  public static List<GroupingMethod> methods(long seed) {
    return List.of(
        new PseudoGroups(),
        new RouterLogitGroups(),
        new OutputClusters(Linkage.AVERAGE),
        new OutputClusters(Linkage.SINGLE),
        new OutputClusters(Linkage.COMPLETE),
        new OutputClusters(Linkage.WARD),
        new OutputDistanceGroups(),
        new KernelAlignmentGroups(),
        new RouterRowGroups(),
        new RandomGroups(seed));
  }

  /** Names of all methods, in the same order. */
  public static List<String> names() {
    return methods(DEFAULT_SEED).stream().map(GroupingMethod::name).toList();
  }

  /** Whether a method draws lots. */
  public static boolean drawsLots(GroupingMethod method) {
    return method.name().equals(RandomGroups.NAME);
  }

  /**
   * The method of that name.
   *
   * @param seed used by methods that draw lots
   * @throws BadInputException if there is none
   */
  public static GroupingMethod named(String name, long seed) {
    return methods(seed).stream()
        .filter(method -> method.name().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new BadInputException(
                "method '%s'".formatted(name),
                "there is no such method",
                "choose one of " + String.join(", ", names())));
  }
}
