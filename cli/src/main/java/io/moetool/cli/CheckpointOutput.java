package io.moetool.cli;

import io.moetool.formats.publish.Leftover;
import io.moetool.formats.publish.OutputTarget;
import io.moetool.formats.publish.StagedFolder;
import io.moetool.formats.publish.UnfinishedRun;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
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

  @Option(
      names = "--resume",
      description =
          "Go on where a run to OUT was ended; begin if it left nothing. The result is the same,"
              + " byte for byte.")
  private boolean resume;

  @Option(
      names = "--discard",
      description = "First remove what a run to OUT left when it was ended; then begin.")
  private boolean discard;

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
    if (resume && discard) {
      throw common.usage("--resume goes on with what --discard removes: give one of them");
    }
    if (dryRun && (resume || discard)) {
      throw common.usage(
          (resume ? "--resume" : "--discard") + " has no effect with --dry-run: it writes nothing");
    }
    return asked();
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
    if (resume && Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      // Whether it is what a run had completed before it was ended turns out when that is known.
      console.note(folder + " is there already: it stays as it is if it is complete");
      return;
    }
    OutputTarget.check(folder, sources);
    StagedFolder.check(folder, asked());
    if (resume && !StagedFolder.isLeft(folder)) {
      console.note("no earlier run left anything of " + folder + ": beginning");
    } else if (resume) {
      UnfinishedRun.of(folder).ifPresent(run -> console.note("going on with an ended run: " + run));
    }
    if (discard) {
      console.note(
          StagedFolder.discardLeftover(folder)
              ? "removed what an earlier run left of " + folder
              : "no earlier run left anything of " + folder);
    }
  }

  private Leftover asked() {
    return resume ? Leftover.RESUME : discard ? Leftover.DISCARD : Leftover.REFUSE;
  }
}
