package io.moetool.cli;

import io.moetool.formats.publish.Leftover;
import io.moetool.formats.publish.OutputTarget;
import io.moetool.formats.publish.StagedFolder;
import io.moetool.formats.publish.UnfinishedRun;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** What to do with what an ended run has left of an output. */
final class UnfinishedOptions {
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

  /** What was asked for. */
  Leftover choice(CommonOptions common, boolean dryRun) {
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
   */
  void prepare(Console console, Path output, List<Path> sources) {
    if (resume && Files.exists(output, LinkOption.NOFOLLOW_LINKS)) {
      // Whether it is what a run had completed before it was ended turns out when that is known.
      console.note(output + " is there already: it stays as it is if it is complete");
      return;
    }
    OutputTarget.check(output, sources);
    StagedFolder.check(output, asked());
    if (resume && !StagedFolder.isLeft(output)) {
      console.note("no earlier run left anything of " + output + ": beginning");
    } else if (resume) {
      UnfinishedRun.of(output).ifPresent(run -> console.note("going on with an ended run: " + run));
    }
    if (discard) {
      console.note(
          StagedFolder.discardLeftover(output)
              ? "removed what an earlier run left of " + output
              : "no earlier run left anything of " + output);
    }
  }

  private Leftover asked() {
    return resume ? Leftover.RESUME : discard ? Leftover.DISCARD : Leftover.REFUSE;
  }
}
