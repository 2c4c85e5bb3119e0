package io.moetool.cli;

import io.moetool.analyzers.saliency.SaliencyCatalog;
import io.moetool.analyzers.saliency.SaliencyMethod;
import io.moetool.analyzers.saliency.SaliencyMethod.Needs;
import io.moetool.transforms.plan.Target;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import picocli.CommandLine.Option;

/** How it is decided which experts stay. */
final class DecisionOptions {
  static final String DEFAULT_METHOD = "reap";

  /** Names of the methods, for help and shell completion. */
  static final class Methods implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return SaliencyCatalog.names().iterator();
    }
  }

  @Option(
      names = "--method",
      paramLabel = "M",
      completionCandidates = Methods.class,
      description = "How experts are scored: ${COMPLETION-CANDIDATES}.")
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

  /** How many experts are to stay. */
  Target target(CommonOptions common) {
    if (keep.isPresent() == remove.isPresent()) {
      throw common.usage("say how many experts stay: either --keep N or --remove 50%");
    }
    try {
      return keep.map(Target::keep).orElseGet(() -> Target.remove(remove.orElseThrow()));
    } catch (IllegalArgumentException e) {
      throw common.usage(String.valueOf(e.getMessage()));
    }
  }

  /** Refuses these options where a plan has decided already. */
  void refuseWithPlan(CommonOptions common) {
    refuse(common, method.isPresent(), "--method");
    refuse(common, seed.isPresent(), "--seed");
    refuse(common, protects.isPresent(), "--[no-]protect-super-experts");
    refuse(common, !protectLists.isEmpty(), "--protect");
    refuse(common, keep.isPresent(), "--keep");
    refuse(common, remove.isPresent(), "--remove");
  }

  private static void refuse(CommonOptions common, boolean given, String name) {
    if (given) {
      throw common.usage(name + " has no effect with --plan: the plan has decided");
    }
  }

  private static boolean drawsLots(SaliencyMethod method) {
    return method.needs() == Needs.NOTHING;
  }
}
