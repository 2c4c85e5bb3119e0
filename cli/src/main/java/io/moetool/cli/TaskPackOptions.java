package io.moetool.cli;

import io.moetool.analyzers.specialisation.TaskPacks;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.plan.PackedDomains;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import picocli.CommandLine.Option;

/** Keeping what some domains need, as task packs say. */
final class TaskPackOptions {
  private static final String DEFAULT_RANKING = TaskPacks.METHODS.getFirst();

  /** Names of the rankings, for help and shell completion. */
  static final class Rankings implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return TaskPacks.METHODS.iterator();
    }
  }

  @Option(
      names = "--task-pack",
      paramLabel = "FILE",
      description =
          "Keep what the domains of --pack need: the task-packs.json that analyze wrote, or its"
              + " folder.")
  private Optional<Path> taskPack = Optional.empty();

  @Option(
      names = "--pack",
      paramLabel = "D[=W]",
      split = ",",
      mapFallbackValue = "1",
      description =
          "Domains whose packs count, as code or code=2,math. Each domain's best experts stay, of"
              + " one with twice the weight twice as many.")
  private Map<String, Double> domains = new LinkedHashMap<>();

  @Option(
      names = "--pack-ranking",
      paramLabel = "R",
      completionCandidates = Rankings.class,
      description = "Which ranking of the packs: ${COMPLETION-CANDIDATES} (default: easy_ep).")
  private Optional<String> ranking = Optional.empty();

  @Option(
      names = "--pack-experts",
      paramLabel = "N",
      description =
          "Take no more than N experts of each layer from the packs; --method ranks the others"
              + " (default: the packs rank all).")
  private Optional<Integer> experts = Optional.empty();

  boolean isGiven() {
    return taskPack.isPresent();
  }

  /** Whether the packs alone decide, without a method. */
  boolean rankAll() {
    return taskPack.isPresent() && experts.isEmpty();
  }

  /** How many experts of each layer the packs decide on; empty if on all. */
  Optional<Integer> experts() {
    return experts;
  }

  /** Refuses what these options alone show to be wrong. */
  void requireComplete(CommonOptions common) {
    if (taskPack.isEmpty()) {
      refuse(common, "without --task-pack");
      return;
    }
    if (domains.isEmpty()) {
      throw common.usage("--task-pack needs domains: name some with --pack");
    }
    domains.forEach((name, weight) -> {
      if (!(weight > 0 && weight < Double.POSITIVE_INFINITY)) {
        throw common.usage("--pack gives %s the weight %s; above 0".formatted(name, weight));
      }
    });
    if (experts.orElse(1) < 1) {
      throw common.usage("--pack-experts must be at least 1");
    }
    List<String> known = TaskPacks.METHODS;
    ranking.ifPresent(name -> {
      if (!known.contains(name)) {
        throw common.usage(
            "task packs have no ranking '%s'; choose one of %s"
                .formatted(name, String.join(", ", known)));
      }
    });
  }

  /** Refuses these options where something else has decided already, or they are not in use. */
  void refuse(CommonOptions common, String why) {
    SequencedMap<String, Boolean> given = new LinkedHashMap<>();
    given.put("--task-pack", taskPack.isPresent());
    given.put("--pack", !domains.isEmpty());
    given.put("--pack-ranking", ranking.isPresent());
    given.put("--pack-experts", experts.isPresent());
    given.forEach((name, isGiven) -> {
      if (isGiven) {
        throw common.usage(name + " has no effect " + why);
      }
    });
  }

  /** What the packs say about a checkpoint. */
  PackedDomains read(SourceModel source) {
    Path file = taskPack.orElseThrow();
    return PackedDomains.of(
        file.toString(),
        TaskPacks.read(file, source.fingerprint(), source.architecture().moe().experts()),
        new LinkedHashMap<>(domains),
        ranking.orElse(DEFAULT_RANKING),
        source.architecture().moe().layers());
  }
}
