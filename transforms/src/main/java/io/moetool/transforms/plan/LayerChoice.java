package io.moetool.transforms.plan;

import io.moetool.analyzers.routing.RoutingAnalysis;
import io.moetool.formats.BadInputException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.OptionalDouble;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.function.IntUnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Chooses the experts of one layer that stay. */
final class LayerChoice {
  private final LayerEvidence evidence;
  private final ExpertGroups groups;
  private final SortedMap<Integer, String> protectedExperts;
  private final IntUnaryOperator leastThatHolds;
  private final TreeSet<Integer> dropped = new TreeSet<>();
  private final TreeSet<Integer> masked = new TreeSet<>();
  private final List<String> ties = new ArrayList<>();
  private OptionalDouble margin = OptionalDouble.empty();

  /**
   * A choice to be made.
   *
   * @param groups of which equally many experts go
   * @param protectedExperts experts that stay whatever their score, each with the reason
   * @param leastThatHolds number of experts to keep for a number of protected ones, for messages
   */
  LayerChoice(
      LayerEvidence evidence,
      ExpertGroups groups,
      SortedMap<Integer, String> protectedExperts,
      IntUnaryOperator leastThatHolds) {
    this.evidence = evidence;
    this.groups = groups;
    this.protectedExperts = protectedExperts;
    this.leastThatHolds = leastThatHolds;
  }

  /** As {@link #keep(String, int, int)}, with no place for more than stay. */
  LayerPlan keep(String where, int expertsAfter) {
    return keep(where, expertsAfter, expertsAfter);
  }

  /**
   * Takes away the experts that come first in {@link DropOrder}, passing over protected ones. The
   * last of them fill the places that are left.
   *
   * @param stay experts that may be chosen afterwards
   * @param places experts that are stored afterwards, no fewer
   * @throws BadInputException if more experts are protected than may stay
   */
  LayerPlan keep(String where, int stay, int places) {
    List<Integer> order = DropOrder.of(evidence);
    for (int group = 0; group < groups.count(); group++) {
      int index = group;
      List<Integer> members = order.stream().filter(e -> groups.groupOf(e) == index).toList();
      drop(where, members, stay / groups.count(), places / groups.count());
    }
    return new LayerPlan(
        evidence.layer(),
        IntStream.range(0, evidence.experts())
            .filter(expert -> !dropped.contains(expert) && !masked.contains(expert))
            .boxed()
            .toList(),
        List.copyOf(masked),
        List.copyOf(dropped),
        IntStream.range(0, evidence.experts()).mapToObj(evidence::score).toList(),
        margin,
        damage(),
        List.copyOf(protectedExperts.keySet()),
        reasons(),
        List.of());
  }

  /** Drops from one group, given in the order in which its experts go. */
  private void drop(String where, List<Integer> members, int stay, int places) {
    List<Integer> candidates =
        members.stream().filter(expert -> !protectedExperts.containsKey(expert)).toList();
    int drops = members.size() - stay;
    if (candidates.size() < drops) {
      throw tooManyProtected(where, members, stay);
    }
    dropped.addAll(candidates.subList(0, members.size() - places));
    masked.addAll(candidates.subList(members.size() - places, drops));
    if (drops > 0 && drops < candidates.size()) {
      border(candidates.get(drops - 1), candidates.get(drops));
    }
  }

  private OptionalDouble damage() {
    List<Integer> gone = Stream.concat(dropped.stream(), masked.stream()).sorted().toList();
    return evidence
        .damage()
        .map(damage -> OptionalDouble.of(damage.of(gone)))
        .orElse(OptionalDouble.empty());
  }

  private BadInputException tooManyProtected(String where, List<Integer> members, int stay) {
    List<Integer> protectedMembers =
        protectedExperts.keySet().stream().filter(members::contains).toList();
    return new BadInputException(
        "%s, layer %d".formatted(where, evidence.layer()),
        "%d experts are protected (%s), only %d may stay%s"
            .formatted(
                protectedMembers.size(),
                list(protectedMembers),
                stay,
                groups.count() == 1 ? "" : " of their group"),
        "keep at least %d experts, or protect fewer"
            .formatted(leastThatHolds.applyAsInt(protectedMembers.size() * groups.count())));
  }

  private void border(int lastToGo, int firstToStay) {
    double distance = evidence.score(firstToStay) - evidence.score(lastToGo);
    margin = OptionalDouble.of(Math.min(distance, margin.orElse(distance)));
    if (distance == 0) {
      ties.add(
          "experts %d (goes) and %d (stays) have the same score; %s"
              .formatted(lastToGo, firstToStay, tieRule(lastToGo, firstToStay)));
    }
  }

  private String tieRule(int lastToGo, int firstToStay) {
    if (evidence.isUnused(lastToGo) && !evidence.isUnused(firstToStay)) {
      return "the one that no token chose goes first";
    }
    return evidence.isUnused(lastToGo)
            && evidence.softCount(lastToGo) < evidence.softCount(firstToStay)
        ? "no token chose them, so the smaller share of the router's scores goes first"
        : "the higher index goes first";
  }

  private List<String> reasons() {
    List<String> reasons = new ArrayList<>();
    protectedExperts.forEach(
        (expert, reason) -> reasons.add("expert %d is protected: %s".formatted(expert, reason)));
    List<Integer> unused =
        IntStream.range(0, evidence.experts()).filter(evidence::isUnused).boxed().toList();
    if (!unused.isEmpty()) {
      reasons.add("no calibration token chose " + experts(unused));
    }
    List<Integer> starved =
        evidence.starved().stream().filter(expert -> !evidence.isUnused(expert)).toList();
    if (!starved.isEmpty()) {
      reasons.add(
          "fewer than %d calibration tokens chose %s"
              .formatted(RoutingAnalysis.FEW_TOKENS, experts(starved)));
    }
    if (!masked.isEmpty()) {
      reasons.add("never chosen, but stored as other layers keep more: " + experts(masked));
    }
    reasons.addAll(ties);
    return reasons;
  }

  private static String experts(Collection<Integer> experts) {
    return (experts.size() == 1 ? "expert " : "experts ") + list(experts);
  }

  private static String list(Collection<Integer> experts) {
    return experts.stream().map(String::valueOf).collect(Collectors.joining(", "));
  }
}
