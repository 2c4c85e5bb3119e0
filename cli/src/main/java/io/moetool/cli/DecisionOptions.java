package io.moetool.cli;

import io.moetool.analyzers.saliency.SaliencyCatalog;
import io.moetool.analyzers.saliency.SaliencyMethod;
import io.moetool.analyzers.saliency.SaliencyMethod.Needs;
import io.moetool.transforms.plan.Target;
import java.util.Iterator;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
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
      names = "--no-super-expert-protection",
      description = "Let super experts go like all others when their scores are low.")
  private boolean unprotected;

  @ArgGroup(exclusive = true)
  private @Nullable TargetOptions count;

  boolean protectsSuperExperts() {
    return !unprotected;
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

  /** How many experts are to stay. */
  Target target(CommonOptions common) {
    return TargetOptions.target(count, common)
        .orElseThrow(() -> common.usage("say how many experts stay: --keep N or --remove 50%"));
  }

  /** Refuses these options where a plan has decided already. */
  void refuseWithPlan(CommonOptions common) {
    refuse(common, method.isPresent(), "--method");
    refuse(common, seed.isPresent(), "--seed");
    refuse(common, unprotected, "--no-super-expert-protection");
    refuse(common, count != null, "--keep or --remove");
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
