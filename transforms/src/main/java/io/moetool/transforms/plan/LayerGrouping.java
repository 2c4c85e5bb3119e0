package io.moetool.transforms.plan;

import io.moetool.analyzers.saliency.LayerMeasurements;
import io.moetool.formats.BadInputException;
import io.moetool.transforms.group.GroupingMethod;
import io.moetool.transforms.group.Leaders;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Divides the experts of one layer into groups that become one expert each, once those with the
 * lowest scores have gone.
 */
final class LayerGrouping {
  private final GroupingMethod method;
  private final LayerMeasurements layer;
  private final ExpertGroups routerGroups;
  private final SortedMap<Integer, String> protectedExperts;
  private final int removedFirst;

  /**
   * A division to be made.
   *
   * @param routerGroups of which none may mix with another, and all stay equal
   * @param protectedExperts experts that stay as they are, each with the reason
   * @param removedFirst experts that go without becoming part of another, as many of every group of
   *     the router
   */
  LayerGrouping(
      GroupingMethod method,
      LayerMeasurements layer,
      ExpertGroups routerGroups,
      SortedMap<Integer, String> protectedExperts,
      int removedFirst) {
    this.method = method;
    this.layer = layer;
    this.routerGroups = routerGroups;
    this.protectedExperts = protectedExperts;
    this.removedFirst = removedFirst;
  }

  /**
   * So many experts stay, the protected ones among them alone.
   *
   * @throws BadInputException if more experts are protected than may stay, or more are to go first
   *     than go at all
   */
  LayerPlan into(String where, int expertsAfter) {
    double[] scores = method.scores(layer);
    TreeSet<Integer> kept = new TreeSet<>(protectedExperts.keySet());
    List<MergeGroup> groups = new ArrayList<>();
    for (List<Integer> found : found(where, scores, expertsAfter / routerGroups.count())) {
      kept.add(found.getFirst());
      if (found.size() > 1) {
        groups.add(MergeGroup.of(found.getFirst(), found.stream().sorted().toList(), scores));
      }
    }
    groups.sort(Comparator.comparingInt(MergeGroup::leader));
    List<Integer> all = IntStream.range(0, layer.experts()).boxed().toList();
    return new LayerPlan(
        layer.layer(),
        List.copyOf(kept),
        List.of(),
        all.stream().filter(expert -> !kept.contains(expert)).toList(),
        Arrays.stream(scores).boxed().toList(),
        OptionalDouble.empty(),
        OptionalDouble.empty(),
        List.copyOf(protectedExperts.keySet()),
        reasons(groups, kept),
        groups);
  }

  private List<List<Integer>> found(String where, double[] scores, int perRouterGroup) {
    List<List<Integer>> found = new ArrayList<>();
    for (int routerGroup = 0; routerGroup < routerGroups.count(); routerGroup++) {
      int index = routerGroup;
      List<Integer> members =
          IntStream.range(0, layer.experts())
              .filter(expert -> routerGroups.groupOf(expert) == index)
              .boxed()
              .toList();
      List<Integer> candidates =
          members.stream().filter(expert -> !protectedExperts.containsKey(expert)).toList();
      int count = perRouterGroup - (members.size() - candidates.size());
      if (count < 0 || (count == 0 && !candidates.isEmpty())) {
        throw new BadInputException(
            "%s, layer %d".formatted(where, layer.layer()),
            "%d experts are protected and stay alone, only %d may stay"
                .formatted(members.size() - candidates.size(), perRouterGroup),
            "keep more experts, or protect fewer");
      }
      List<Integer> merged = withoutTheLowest(where, candidates, scores, count);
      if (!merged.isEmpty()) {
        found.addAll(method.groups(layer, merged, count));
      }
    }
    return found;
  }

  /** Of equal scores those with the higher index go, as when experts are only removed. */
  private List<Integer> withoutTheLowest(
      String where, List<Integer> candidates, double[] scores, int count) {
    int removed = removedFirst / routerGroups.count();
    if (candidates.size() - removed < count) {
      throw new BadInputException(
          "%s, layer %d".formatted(where, layer.layer()),
          "%d of %d experts are to go before the rest is merged, and %d are to stay"
              .formatted(removed, candidates.size(), count),
          "remove at most %d first, or keep fewer".formatted(candidates.size() - count));
    }
    return Leaders.order(candidates, scores).stream()
        .limit(candidates.size() - (long) removed)
        .sorted()
        .toList();
  }

  private List<String> reasons(List<MergeGroup> groups, Set<Integer> kept) {
    List<String> reasons = new ArrayList<>();
    if (removedFirst > 0) {
      Set<Integer> grouped =
          groups.stream().flatMap(group -> group.experts().stream()).collect(Collectors.toSet());
      reasons.add(
          "removed before the rest was merged: experts "
              + IntStream.range(0, layer.experts())
                  .filter(expert -> !kept.contains(expert) && !grouped.contains(expert))
                  .mapToObj(String::valueOf)
                  .collect(Collectors.joining(", ")));
    }
    protectedExperts.forEach(
        (expert, reason) -> reasons.add("expert %d stays alone: %s".formatted(expert, reason)));
    groups.stream()
        .max(Comparator.comparingInt(group -> group.experts().size()))
        .ifPresent(largest ->
            reasons.add(
                "the largest of %d groups joins %d experts in expert %d"
                    .formatted(groups.size(), largest.experts().size(), largest.leader())));
    return reasons;
  }
}
