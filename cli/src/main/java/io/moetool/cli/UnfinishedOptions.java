package io.moetool.cli;

import io.moetool.formats.publish.Leftover;
import io.moetool.formats.publish.StagedFolder;
import io.moetool.formats.publish.UnfinishedRun;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** What to do with what an ended run has left of an output. */
final class UnfinishedOptions {
  @Option(
      names = "--resume",
      description =
          "Go on where a run to the same output was ended; begin if it left nothing. The result is"
              + " the same, byte for byte.")
  private boolean resume;

  @Option(
      names = "--discard",
      description =
          "First remove what a run to the same output left when it was ended; then begin.")
  private boolean discard;

  boolean resumes() {
    return resume;
  }

  /** What was asked for. */
  Leftover leftover(CommonOptions common) {
    if (resume && discard) {
      throw common.usage("--resume goes on with what --discard removes: give one of them");
    }
    return asked();
  }

  private Leftover asked() {
    return resume ? Leftover.RESUME : discard ? Leftover.DISCARD : Leftover.REFUSE;
  }

  /**
   * Refuses what is left if nothing was said, and otherwise tells what becomes of it, and removes
   * it if that was asked for.
   */
  void prepare(Console console, Path output) {
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
}
