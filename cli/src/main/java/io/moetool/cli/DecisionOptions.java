package io.moetool.cli;

import io.moetool.analyzers.saliency.SaliencyCatalog;
import io.moetool.analyzers.saliency.SaliencyMethod;
import io.moetool.analyzers.saliency.SaliencyMethod.Needs;
import io.moetool.transforms.group.GroupingCatalog;
import io.moetool.transforms.group.GroupingMethod;
import io.moetool.transforms.plan.Budget;
import io.moetool.transforms.plan.CountsFile;
import io.moetool.transforms.plan.PlanRequest;
import io.moetool.transforms.plan.ResultForm;
import io.moetool.transforms.plan.Target;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SequencedMap;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** How it is decided which experts stay. */
final class DecisionOptions {
  static final String DEFAULT_METHOD = "reap";
  static final String DEFAULT_GROUPING = "ream";

  /** Budgets that are no file. */
  private static final List<String> NAMED_BUDGETS = List.of("uniform", "global", "damage");

  /** Whether the method asked for groups experts instead of scoring them. */
  boolean groups() {
    return method.filter(GroupingCatalog.names()::contains).isPresent();
  }

  /** The grouping method asked for. */
  GroupingMethod grouping(CommonOptions common) {
    String name = method.orElse(DEFAULT_GROUPING);
    if (!GroupingCatalog.names().contains(name)) {
      throw common.usage(
          "there is no merging method '%s'; choose one of %s"
              .formatted(name, String.join(", ", GroupingCatalog.names())));
    }
    GroupingMethod chosen = GroupingCatalog.named(name, seed.orElse(0L));
    if (seed.isPresent() && !GroupingCatalog.drawsLots(chosen)) {
      throw common.usage("--seed has no effect with method " + name);
    }
    return chosen;
  }

  /** The seed of a grouping method that draws lots. */
  OptionalLong seed(GroupingMethod chosen) {
    return GroupingCatalog.drawsLots(chosen)
        ? OptionalLong.of(seed.orElse(0L))
        : OptionalLong.empty();
  }

  /** Refuses what these options alone show to be wrong for merging, before a model is opened. */
  void requireCompleteForMerging(CommonOptions common, ResultForm form) {
    String chosen = grouping(common).name();
    if (form == ResultForm.SAFETENSORS && budget.filter("global"::equals).isPresent()) {
      throw common.usage(
          "--budget global needs --router map with merging method %s: a checkpoint has one number of experts for all layers"
              .formatted(chosen));
    }
    SequencedMap<String, Boolean> given = new LinkedHashMap<>();
    given.put("--budget", budget.filter(name -> !name.equals("global")).isPresent());
    given.put("--floor", floor.isPresent() && budget.isEmpty());
    given.put("--min-tokens", minTokens.isPresent());
    given.put("--domains", !domains.isEmpty());
    given.forEach((name, isGiven) -> {
      if (isGiven) {
        throw common.usage(name + " has no effect with merging method " + chosen);
      }
    });
    request(common, 1);
  }

  /** Names of the methods, for help and shell completion. */
  static final class Methods implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Stream.concat(SaliencyCatalog.names().stream(), GroupingCatalog.names().stream())
          .iterator();
    }
  }

  @Option(
      names = "--method",
      paramLabel = "M",
      completionCandidates = Methods.class,
      description = "How experts are scored, or grouped to be merged: ${COMPLETION-CANDIDATES}.")
  private Optional<String> method = Optional.empty();

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Seed of methods that draw lots (default: 0).")
  private Optional<Long> seed = Optional.empty();

  @Option(
      names = "--protect-super-experts",
      negatable = true,
      description =
          "Whether experts with outputs far beyond those of all others stay whatever their score"
              + " (default: they do, where the model was run on data).")
  private Optional<Boolean> protects = Optional.empty();

  @Option(
      names = "--protect",
      paramLabel = "FILE",
      description =
          "Keep the experts named here, as in the protect.json that analyze writes. May be"
              + " repeated.")
  private List<Path> protectLists = new ArrayList<>();

  @Option(
      names = "--keep",
      paramLabel = "N",
      description = "Keep this many experts in every layer.")
  private Optional<Integer> keep = Optional.empty();

  @Option(
      names = "--remove",
      paramLabel = "50%",
      description =
          "Remove this share of the experts in every layer, rounded down to whole experts.")
  private Optional<String> remove = Optional.empty();

  @Option(
      names = "--target-bytes",
      paramLabel = "SIZE",
      converter = SizeConverter.class,
      description =
          "Keep as many experts, the same number in every layer, as make tensors of at most this"
              + " size, as 20GB.")
  private Optional<Long> targetBytes = Optional.empty();

  @Option(
      names = "--target-active-parameters",
      paramLabel = "N",
      description =
          "Keep as many experts, the same number in every layer, as leave at most this many"
              + " parameters for a token to meet. Only rows of routers count: a token uses as many"
              + " experts as before.")
  private Optional<Long> targetActive = Optional.empty();

  @Option(
      names = "--multiple-of",
      paramLabel = "N",
      description =
          "Keep a multiple of N experts in every layer; of a share less is removed if need be.")
  private Optional<Integer> multipleOf = Optional.empty();

  @Option(
      names = "--budget",
      paramLabel = "uniform|global|damage|FILE",
      description =
          "How what stays is divided among layers: the same number in each (default); by rank among"
              + " the scores of all layers; so that the forecast damage is least; or as a JSON list"
              + " of counts in a file says, one a layer with experts. Layers with fewer experts than"
              + " others get places that are never chosen, where the family's routers can say so.")
  private Optional<String> budget = Optional.empty();

  @Option(
      names = "--floor",
      paramLabel = "N",
      description =
          "Fewest experts that a layer keeps under --budget global or damage (default: those that a"
              + " token uses).")
  private Optional<Integer> floor = Optional.empty();

  @Option(
      names = "--min-tokens",
      paramLabel = "N",
      description =
          "Experts that fewer than N calibration tokens chose are not judged by them and stay.")
  private Optional<Long> minTokens = Optional.empty();

  @Option(
      names = "--domains",
      paramLabel = "D=W",
      split = ",",
      description =
          "Score by a mix of these domains of the data, as code=2,math=1: the scores of each domain"
              + " are divided by their sum in the layer, weighted and added.")
  private Map<String, Double> domains = new LinkedHashMap<>();

  boolean protectsSuperExperts() {
    return protects.orElse(true);
  }

  /** Files that name further experts to be kept. */
  List<Path> protectLists() {
    return protectLists;
  }

  /** The method asked for. */
  SaliencyMethod method(CommonOptions common) {
    String name = method.orElse(DEFAULT_METHOD);
    if (!SaliencyCatalog.names().contains(name)) {
      throw common.usage(
          "there is no method '%s'; choose one of %s"
              .formatted(name, String.join(", ", SaliencyCatalog.names())));
    }
    SaliencyMethod chosen = SaliencyCatalog.named(name, seed.orElse(0L));
    if (seed.isPresent() && !drawsLots(chosen)) {
      throw common.usage("--seed has no effect with method " + name);
    }
    return chosen;
  }

  /** The seed of a method that draws lots. */
  OptionalLong seed(SaliencyMethod chosen) {
    return drawsLots(chosen) ? OptionalLong.of(seed.orElse(0L)) : OptionalLong.empty();
  }

  /** Refuses a decision that nobody named. */
  void requireMethod(CommonOptions common) {
    if (method.isEmpty()) {
      throw common.usage("Missing required option: '--method=M'");
    }
  }

  /** Refuses what only data can tell. */
  void refuseWithoutData(CommonOptions common) {
    if (protects.isPresent()) {
      throw common.usage(
          "%s has no effect without --statistics"
              .formatted(
                  protects.get() ? "--protect-super-experts" : "--no-protect-super-experts"));
    }
  }

  /** Tokens that have to choose an expert for it to be judged by them. */
  Optional<Long> minTokens(CommonOptions common) {
    minTokens.ifPresent(least -> atLeastOne(common, "--min-tokens", least));
    requireJudgedByData(common, minTokens.isPresent(), "--min-tokens");
    return minTokens;
  }

  /** Weights of the domains of the data; none if all data counts alike. */
  SequencedMap<String, Double> domains(CommonOptions common) {
    requireJudgedByData(common, !domains.isEmpty(), "--domains");
    domains.forEach((name, weight) -> {
      if (!(weight > 0 && weight < Double.POSITIVE_INFINITY)) {
        throw common.usage("--domains gives %s the weight %s; above 0".formatted(name, weight));
      }
    });
    return new LinkedHashMap<>(domains);
  }

  private void requireJudgedByData(CommonOptions common, boolean given, String option) {
    SaliencyMethod chosen = method(common);
    if (given && chosen.needs() != Needs.DATA) {
      throw common.usage(
          "%s has no effect with method %s: it does not judge by data"
              .formatted(option, chosen.name()));
    }
    if (given && chosen.needsSample()) {
      throw common.usage(
          "%s has no effect with method %s: its sample is of all data together"
              .formatted(option, chosen.name()));
    }
  }

  private static void atLeastOne(CommonOptions common, String option, long value) {
    if (value < 1) {
      throw common.usage(option + " must be at least 1");
    }
  }

  /**
   * What is to be left.
   *
   * @param expertsPerToken of the model
   */
  PlanRequest request(CommonOptions common, int expertsPerToken) {
    multipleOf.ifPresent(factor -> atLeastOne(common, "--multiple-of", factor));
    floor.ifPresent(least -> atLeastOne(common, "--floor", least));
    if (multipleOf.isPresent() && budget.filter(name -> !name.equals("uniform")).isPresent()) {
      throw common.usage(
          "--multiple-of asks for the same number in every layer, --budget does not");
    }
    return PlanRequest.of(target(common))
        .withMultipleOf(multipleOf.orElse(1))
        .dividedBy(budget(common, expertsPerToken));
  }

  private Budget budget(CommonOptions common, int expertsPerToken) {
    String name = budget.orElse("uniform");
    int least = Math.max(expertsPerToken, floor.orElse(expertsPerToken));
    return switch (name) {
      case "global" -> new Budget.Global(least);
      case "damage" -> new Budget.Damage(least);
      default -> {
        if (floor.isPresent()) {
          throw common.usage("--floor has no effect without --budget global or damage");
        }
        yield new Budget.Uniform();
      }
    };
  }

  private boolean isListed() {
    return budget.filter(name -> !NAMED_BUDGETS.contains(name)).isPresent();
  }

  /** What is to be left. */
  private Target target(CommonOptions common) {
    requireOneTarget(common);
    try {
      return keep.map(Target::keep)
          .or(() -> remove.map(Target::remove))
          .or(() -> targetBytes.map(Target.Bytes::new))
          .or(() -> targetActive.map(Target.ActiveParameters::new))
          .orElseGet(() -> new Target.Listed(CountsFile.read(Path.of(budget.orElseThrow()))));
    } catch (IllegalArgumentException e) {
      throw common.usage(String.valueOf(e.getMessage()));
    }
  }

  private void requireOneTarget(CommonOptions common) {
    long targets =
        Stream.of(keep, remove, targetBytes, targetActive).filter(Optional::isPresent).count();
    if (isListed() && targets > 0) {
      throw common.usage(
          "a file of counts (--budget %s) is the target: give no other"
              .formatted(budget.orElseThrow()));
    }
    if (!isListed() && targets != 1) {
      throw common.usage(
          "say how many experts stay: one of --keep N, --remove 50%, --target-bytes SIZE and"
              + " --target-active-parameters N");
    }
  }

  /** Refuses what these options alone show to be wrong, before a model is opened. */
  void requireComplete(CommonOptions common) {
    method(common);
    request(common, 1);
    minTokens(common);
    domains(common);
  }

  /** As {@link #requireComplete}, where task packs rank all experts. */
  void requireCompleteWithPack(CommonOptions common) {
    SequencedMap<String, Boolean> given = new LinkedHashMap<>();
    given.put("--method", method.isPresent());
    given.put("--seed", seed.isPresent());
    given.put("--min-tokens", minTokens.isPresent());
    given.put("--domains", !domains.isEmpty());
    given.put("--budget global", budget.filter("global"::equals).isPresent());
    given.forEach((name, isGiven) -> {
      if (isGiven) {
        throw common.usage(
            name
                + " has no effect with --task-pack, which ranks all experts of each layer"
                + (name.equals("--method") ? "; with --pack-experts N it ranks N" : ""));
      }
    });
    request(common, 1);
  }

  /** Refuses these options where a mask has decided already. */
  void refuseWithMask(CommonOptions common) {
    refuse(common, "--from-mask: the mask has decided");
  }

  /** Refuses these options where a plan has decided already. */
  void refuseWithPlan(CommonOptions common) {
    refuse(common, "--plan: the plan has decided");
  }

  private void refuse(CommonOptions common, String why) {
    SequencedMap<String, Boolean> given = new LinkedHashMap<>();
    given.put("--method", method.isPresent());
    given.put("--seed", seed.isPresent());
    given.put("--[no-]protect-super-experts", protects.isPresent());
    given.put("--protect", !protectLists.isEmpty());
    given.put("--keep", keep.isPresent());
    given.put("--remove", remove.isPresent());
    given.put("--target-bytes", targetBytes.isPresent());
    given.put("--target-active-parameters", targetActive.isPresent());
    given.put("--multiple-of", multipleOf.isPresent());
    given.put("--budget", budget.isPresent());
    given.put("--floor", floor.isPresent());
    given.put("--min-tokens", minTokens.isPresent());
    given.put("--domains", !domains.isEmpty());
    given.forEach((name, isGiven) -> {
      if (isGiven) {
        throw common.usage(name + " has no effect with " + why);
      }
    });
  }

  private static boolean drawsLots(SaliencyMethod method) {
    return method.needs() == Needs.NOTHING;
  }
}
