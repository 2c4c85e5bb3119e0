package io.moetool.formats.publish;

import io.moetool.formats.BadInputException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What a run that was ended has left of an output.
 *
 * @param staging the folder it is in
 * @param complete files that are complete
 * @param files files there would have been
 */
public record UnfinishedRun(Path staging, int complete, int files) {
  /** What is left of {@code target} and can be gone on with, as far as its journal can be read. */
  public static Optional<UnfinishedRun> of(Path target) {
    Path staging = StagedFolder.stagingOf(target.toAbsolutePath().normalize());
    try {
      return StagingJournal.read(staging.resolve(StagingJournal.FILE))
          .filter(journal -> !journal.finished().isEmpty())
          .map(journal -> new UnfinishedRun(staging, journal.finished().size(), journal.files()));
    } catch (BadInputException e) {
      return Optional.empty();
    }
  }

  @Override
  public String toString() {
    return "%d of %d files are complete in %s".formatted(complete, files, staging);
  }
}
