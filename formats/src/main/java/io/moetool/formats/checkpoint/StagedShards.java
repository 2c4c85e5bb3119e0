package io.moetool.formats.checkpoint;

import io.moetool.formats.BadInputException;
import io.moetool.formats.EnvironmentException;
import io.moetool.formats.publish.Sha256;
import io.moetool.formats.publish.StagedFolder;
import io.moetool.formats.publish.StagingJournal;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.formats.publish.WrittenFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The weights files of an output that are complete, and the journal that says so. An ended run's
 * files are taken over if they hash to what its journal says; all else it has left is removed.
 */
final class StagedShards {
  private final StagedFolder staged;
  private final StagingJournal journal;
  private final Map<String, WrittenFile> finished;

  private StagedShards(
      StagedFolder staged, StagingJournal journal, Map<String, WrittenFile> finished) {
    this.staged = staged;
    this.journal = journal;
    this.finished = finished;
  }

  /**
   * Begins, or goes on with what an ended run has left.
   *
   * @param work what the output will be; see {@link StagingJournal#requireSame}
   * @param progress told bytes of files that are taken over
   * @throws BadInputException if the ended run did something else
   */
  static StagedShards of(
      StagedFolder staged,
      Map<String, String> work,
      List<ShardLayout> shards,
      WriteProgress progress) {
    Map<String, WrittenFile> finished =
        staged.isContinued() ? takenOver(staged, work, shards, progress) : Map.of();
    staged.keep(!finished.isEmpty());
    staged.retain(finished.keySet());
    StagingJournal journal =
        StagingJournal.begin(staged.journal(), work, shards.size(), List.copyOf(finished.values()));
    return new StagedShards(staged, journal, new LinkedHashMap<>(finished));
  }

  /** The file if it is complete. */
  Optional<WrittenFile> finished(String name) {
    return Optional.ofNullable(finished.get(name));
  }

  /** Takes note of a file that has been written and forced to the disk. */
  void add(WrittenFile file) {
    // Its name has to be on the disk too before the journal may say so.
    staged.forceNames();
    journal.add(file);
    finished.put(file.name(), file);
    staged.keep(true);
  }

  /** Bytes of the files that are complete. */
  long bytes() {
    return finished.values().stream().mapToLong(WrittenFile::bytes).sum();
  }

  /** What the user is told about a failure, if anything is worth keeping. */
  Optional<String> mend() {
    return finished.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "%d of %d weights files are complete: continue with --resume, or remove them with --discard"
                .formatted(finished.size(), journal.files()));
  }

  private static Map<String, WrittenFile> takenOver(
      StagedFolder staged,
      Map<String, String> work,
      List<ShardLayout> shards,
      WriteProgress progress) {
    // What is not ours to continue is not ours to remove either.
    staged.keep(true);
    StagingJournal journal =
        StagingJournal.read(staged.journal())
            .orElseThrow(() ->
                new BadInputException(
                    String.valueOf(staged.path().getParent()),
                    "what is there was not left by a run that can be continued",
                    "remove it with --discard"));
    journal.requireSame(work);
    Map<String, WrittenFile> claimed =
        journal.finished().stream()
            .collect(Collectors.toMap(WrittenFile::name, file -> file, (first, second) -> second));
    Map<String, WrittenFile> believed = new LinkedHashMap<>();
    long total = shards.stream().mapToLong(ShardLayout::fileBytes).sum();
    long done = 0;
    for (ShardLayout shard : shards) {
      WrittenFile claim = claimed.get(shard.name());
      if (claim != null && isTrue(claim, staged.path().resolve(shard.name()), shard)) {
        believed.put(shard.name(), claim);
        done += claim.bytes();
        progress.written(done, total);
      }
    }
    return believed;
  }

  private static boolean isTrue(WrittenFile claim, Path file, ShardLayout shard) {
    return claim.bytes() == shard.fileBytes()
        && List.copyOf(claim.tensors().keySet()).equals(shard.tensorNames())
        && isRegular(file, claim.bytes())
        && Sha256.of(file).equals(claim.sha256());
  }

  private static boolean isRegular(Path file, long bytes) {
    try {
      return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && Files.size(file) == bytes;
    } catch (IOException e) {
      throw new EnvironmentException(
          file.toString(), "cannot be read: " + e, "check the disk and its permissions", e);
    }
  }
}
