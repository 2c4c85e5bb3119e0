package io.moetool.cli;

import io.moetool.transforms.plan.Target;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How many experts are to stay; one of the two. */
final class TargetOptions {
  @Option(
      names = "--keep",
      paramLabel = "N",
      required = true,
      description = "Keep this many experts in every layer.")
  private @Nullable Integer keep;

  @Option(
      names = "--remove",
      paramLabel = "50%",
      required = true,
      description =
          "Remove this share of the experts in every layer, rounded down to whole experts.")
  private @Nullable String remove;

  /** What was asked for, if anything was. */
  static Optional<Target> target(@Nullable TargetOptions options, CommonOptions common) {
    if (options == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          options.keep != null
              ? Target.keep(options.keep)
              : Target.remove(String.valueOf(options.remove)));
    } catch (IllegalArgumentException e) {
      throw common.usage(String.valueOf(e.getMessage()));
    }
  }
}
