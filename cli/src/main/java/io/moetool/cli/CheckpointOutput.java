package io.moetool.cli;

import io.moetool.formats.publish.Leftover;
import io.moetool.formats.publish.OutputTarget;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * The folder that a command writes a checkpoint to, how its weights are distributed over files, and
 * what to do with what an ended run has left of it.
 */
final class CheckpointOutput {
  @Option(
      names = {"-o", "--output"},
      paramLabel = "OUT",
      required = true,
      description = "New folder; it appears complete or not at all.")
  private Path folder = Path.of("");

  @Option(
      names = "--shard-size",
      paramLabel = "SIZE",
      converter = SizeConverter.class,
      description =
          "Largest weights file, as 5GB or 500MB (default: distributed as in the source).")
  private Optional<Long> shardSize = Optional.empty();

  @Mixin private UnfinishedOptions unfinished;

  /** Where the checkpoint goes. */
  Path folder() {
    return folder;
  }

  /** Size of the largest weights file; empty if they are distributed as in the source. */
  OptionalLong shardBytes() {
    return shardSize.map(OptionalLong::of).orElse(OptionalLong.empty());
  }

  /** What was asked to become of an ended run. */
  Leftover leftover(CommonOptions common, boolean dryRun) {
    Leftover leftover = unfinished.leftover(common);
    if (dryRun && leftover != Leftover.REFUSE) {
      throw common.usage(
          (leftover == Leftover.RESUME ? "--resume" : "--discard")
              + " has no effect with --dry-run: it writes nothing");
    }
    return leftover;
  }

  /**
   * Refuses an output that could not be written, and tells what becomes of what is left of it;
   * worth doing before hours of work.
   *
   * @param sources files that are read
   */
  void prepare(Console console, List<Path> sources, boolean dryRun) {
    if (dryRun) {
      OutputTarget.check(folder, sources);
      return;
    }
    if (unfinished.resumes() && Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      // Whether it is what a run had completed before it was ended turns out when that is known.
      console.note(folder + " is there already: it stays as it is if it is complete");
      return;
    }
    OutputTarget.check(folder, sources);
    unfinished.prepare(console, folder);
  }
}
