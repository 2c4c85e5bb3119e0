package io.moetool.transforms.plan;

import io.moetool.analyzers.routing.RoutingAnalysis;
import io.moetool.formats.BadInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Chooses the experts of one layer that stay. */
final class LayerChoice {
  private final LayerEvidence evidence;
  private final SortedMap<Integer, Double> superExperts;

  /**
   * A choice to be made.
   *
   * @param superExperts protected experts with their largest absolute output
   */
  LayerChoice(LayerEvidence evidence, SortedMap<Integer, Double> superExperts) {
    this.evidence = evidence;
    this.superExperts = superExperts;
  }

  /**
   * Drops the experts that come first in {@link DropOrder}, passing over protected ones.
   *
   * @throws BadInputException if more experts are protected than may stay
   */
  LayerPlan keep(String where, int expertsAfter) {
    if (superExperts.size() > expertsAfter) {
      throw new BadInputException(
          "%s, layer %d".formatted(where, evidence.layer()),
          "%d experts are protected (%s), only %d may stay"
              .formatted(superExperts.size(), list(List.copyOf(superExperts.keySet())), expertsAfter),
          "keep at least %d experts, or plan without protection".formatted(superExperts.size()));
    }
    List<Integer> candidates =
        DropOrder.of(evidence).stream().filter(e -> !superExperts.containsKey(e)).toList();
    int drops = evidence.experts() - expertsAfter;
    TreeSet<Integer> dropped = new TreeSet<>(candidates.subList(0, drops));
    List<Integer> kept =
        IntStream.range(0, evidence.experts()).filter(e -> !dropped.contains(e)).boxed().toList();
    OptionalDouble margin =
        drops == 0 || drops == candidates.size()
            ? OptionalDouble.empty()
            : OptionalDouble.of(
                evidence.score(candidates.get(drops)) - evidence.score(candidates.get(drops - 1)));
    return new LayerPlan(
        evidence.layer(),
        kept,
        List.copyOf(dropped),
        IntStream.range(0, evidence.experts()).mapToObj(evidence::score).toList(),
        margin,
        List.copyOf(superExperts.keySet()),
        reasons(candidates, drops));
  }

  private List<String> reasons(List<Integer> candidates, int drops) {
    List<String> reasons = new ArrayList<>();
    superExperts.forEach(
        (expert, maxAbs) ->
            reasons.add(
                String.format(
                    Locale.ROOT,
                    "expert %d is a super expert (largest output %.4g) and stays",
                    expert,
                    maxAbs)));
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
    if (drops > 0 && drops < candidates.size()) {
      int last = candidates.get(drops - 1);
      int next = candidates.get(drops);
      if (evidence.score(last) == evidence.score(next)) {
        reasons.add(
            "experts %d (goes) and %d (stays) have the same score; %s"
                .formatted(
                    last,
                    next,
                    evidence.isUnused(last)
                        ? "of experts that no token chose, the smaller router share goes first"
                        : "the higher index goes first"));
      }
    }
    return reasons;
  }

  private static String experts(List<Integer> experts) {
    return (experts.size() == 1 ? "expert " : "experts ") + list(experts);
  }

  private static String list(List<Integer> experts) {
    return experts.stream().map(String::valueOf).collect(Collectors.joining(", "));
  }
}
