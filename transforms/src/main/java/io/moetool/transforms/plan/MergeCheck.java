package io.moetool.transforms.plan;

import io.moetool.formats.BadInputException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;

/** Holds what a plan says about merging against itself. */
final class MergeCheck {
  /** Weights are written with all their digits; an edited one may have a few. */
  private static final double TOLERANCE = 1e-6;

  private MergeCheck() {}

  /** Passes if action, options and groups of a plan agree. */
  static void options(String where, Plan plan) {
    boolean merges = plan.action().equals(Plan.MERGE);
    if (merges != plan.options().merging().isPresent()) {
      throw new BadInputException(
          where,
          "action is '%s', and options %s how to merge"
              .formatted(plan.action(), merges ? "do not say" : "say"),
          "give options.merging where action is merge, and nowhere else");
    }
    plan.options()
        .merging()
        .ifPresent(merging -> {
          if (merging.knownRouter().isEmpty()) {
            throw new BadInputException(
                where,
                "options.merging.router is '%s'".formatted(merging.router()),
                "known: "
                    + Arrays.stream(Merging.Router.values())
                        .map(Merging.Router::key)
                        .collect(Collectors.joining(", ")));
          }
          if (merging.knownAlignment().isEmpty()) {
            throw new BadInputException(
                where,
                "options.merging.alignment is '%s'".formatted(merging.alignment()),
                "known: "
                    + Arrays.stream(Merging.Alignment.values())
                        .map(Merging.Alignment::key)
                        .collect(Collectors.joining(", ")));
          }
        });
    for (LayerPlan layer : plan.layers()) {
      if (merges && !layer.masked().isEmpty()) {
        throw new BadInputException(
            "%s, layer %d".formatted(where, layer.layer()),
            "experts are masked, which merging does not do",
            "keep them, drop them, or put them into groups");
      }
      if (!merges && !layer.groups().isEmpty()) {
        throw new BadInputException(
            "%s, layer %d".formatted(where, layer.layer()),
            "experts are grouped, but action is '%s'".formatted(plan.action()),
            "remove the groups, or make a plan with a merging method");
      }
    }
  }

  /** Passes if the groups of a layer can be carried out. */
  static void groups(String where, LayerPlan layer, ExpertGroups routerGroups) {
    Set<Integer> kept = new HashSet<>(layer.kept());
    Set<Integer> taken = new HashSet<>();
    for (MergeGroup group : layer.groups()) {
      String place =
          "%s, layer %d, group of expert %d".formatted(where, layer.layer(), group.leader());
      if (!group.experts().contains(group.leader()) || group.experts().size() < 2) {
        throw new BadInputException(
            place,
            "experts are %s".formatted(group.experts()),
            "a group holds its leader and at least one other expert");
      }
      int previous = -1;
      for (int expert : group.experts()) {
        if (expert <= previous || expert >= layer.scores().size()) {
          throw new BadInputException(
              place,
              "experts are %s".formatted(group.experts()),
              "name experts that exist, once each, in ascending order");
        }
        previous = expert;
        if (!taken.add(expert)) {
          throw new BadInputException(
              place, "expert %d is in two groups".formatted(expert), "leave it in one of them");
        }
        if (kept.contains(expert) != (expert == group.leader())) {
          throw new BadInputException(
              place,
              "of a group its leader is kept and every other expert dropped; expert %d is not so"
                  .formatted(expert),
              "move it to the other list, or out of the group");
        }
        if (routerGroups.groupOf(expert) != routerGroups.groupOf(group.leader())) {
          throw new BadInputException(
              place,
              "expert %d is in another group of the router".formatted(expert),
              "merge experts within %d to %d and so on only".formatted(0, routerGroups.size() - 1));
        }
        if (layer.protectedExperts().contains(expert) && group.experts().size() > 1) {
          throw new BadInputException(
              place,
              "expert %d is protected and has to stay alone".formatted(expert),
              "take it out of the group, or off the protected list");
        }
      }
      weights(place, group);
    }
  }

  private static void weights(String place, MergeGroup group) {
    double sum = group.weights().stream().mapToDouble(Double::doubleValue).sum();
    if (group.weights().size() != group.experts().size()
        || !group.weights().stream().allMatch(weight -> Double.isFinite(weight) && weight >= 0)
        || Math.abs(sum - 1) > TOLERANCE) {
      throw new BadInputException(
          place,
          "weights %s are not one for each of %d experts that add up to 1"
              .formatted(group.weights(), group.experts().size()),
          "give each expert a weight from 0 to 1, all together 1");
    }
  }
}
