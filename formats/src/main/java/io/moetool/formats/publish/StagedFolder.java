package io.moetool.formats.publish;

import io.moetool.formats.BadInputException;
import io.moetool.formats.EnvironmentException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An output folder that appears complete or not at all. It is filled inside {@code .<name>.partial}
 * beside its target, and renamed once everything is on the disk.
 *
 * <p>Closing without {@link #commit()} removes what was staged, and so does the end of the JVM by a
 * signal, unless it is {@linkplain #keep(boolean) kept}. Only one process can stage a given target
 * at a time.
 */
public final class StagedFolder implements AutoCloseable {
  /** The output as it grows. Lock and journal are beside it, so they never get into an output. */
  private static final String CONTENT = "unfinished";

  /** What had the name of the output before, for the moment in which that goes over. */
  private static final String REPLACED = "replaced";

  private static final Set<String> OWN =
      Set.of(StagingLock.FILE, StagingJournal.FILE, StagingJournal.FRESH_FILE, CONTENT);

  private final Path folder;
  private final StagingLock lock;
  private final Staging staging;
  private final boolean continued;
  private final boolean replaces;

  private StagedFolder(
      Path folder, StagingLock lock, Staging staging, boolean continued, boolean replaces) {
    this.replaces = replaces;
    this.folder = folder;
    this.lock = lock;
    this.staging = staging;
    this.continued = continued;
  }

  /**
   * Stages {@code target}, a folder that does not exist yet; missing folders above it are created.
   *
   * @param sources folders or files the output is made from; the target may not lie inside one
   * @throws BadInputException if the target exists, lies in a source or is being staged already, or
   *     if an ended run has left something of it
   * @throws EnvironmentException if the folder cannot be created
   */
  public static StagedFolder create(Path target, List<Path> sources) {
    return create(target, sources, Leftover.REFUSE);
  }

  /** As {@link #create(Path, List)}, with a say in what to do with what an ended run has left. */
  public static StagedFolder create(Path target, List<Path> sources, Leftover leftover) {
    OutputTarget.check(target, sources);
    return create(target, leftover, false);
  }

  /**
   * As {@link #create(Path, List, Leftover)}, of a folder that may exist: it stays until {@link
   * #commit()} puts this one in its place. Whether it may go is the caller's concern.
   */
  public static StagedFolder replacing(Path target, List<Path> sources, Leftover leftover) {
    OutputTarget.checkPlace(target, sources);
    return create(target, leftover, true);
  }

  private static StagedFolder create(Path target, Leftover leftover, boolean replaces) {
    Path absolute = target.toAbsolutePath().normalize();
    Path folder = stagingOf(absolute);
    CreatedParents parents = CreatedParents.of(absolute);
    @Nullable StagingLock lock = null;
    @Nullable StagedFolder staged = null;
    try {
      lock = StagingLock.take(folder);
      staged = begin(folder, lock, parents, absolute, leftover, replaces);
      return staged;
    } finally {
      if (staged == null) {
        if (lock != null) {
          lock.release();
        }
        parents.remove();
      }
    }
  }

  private static StagedFolder begin(
      Path folder,
      StagingLock lock,
      CreatedParents parents,
      Path target,
      Leftover leftover,
      boolean replaces) {
    boolean left = holdsOutput(folder);
    if (left && leftover == Leftover.REFUSE) {
      throw ended(target, folder);
    }
    Staging staging = Staging.begin(target, folder, parents, () -> FileTree.delete(folder));
    boolean continued = left && leftover == Leftover.RESUME;
    try {
      if (!continued) {
        retain(folder, Set.of(StagingLock.FILE));
      }
      Files.createDirectories(folder.resolve(CONTENT));
      return new StagedFolder(folder, lock, staging, continued, replaces);
    } catch (IOException e) {
      staging.keep(continued);
      staging.close();
      throw new EnvironmentException(
          folder.toString(), "cannot be written to: " + e, "check its permissions", e);
    }
  }

  /**
   * As {@link #create(Path, List)}, for output that is made from nothing that could be overwritten.
   */
  public static StagedFolder create(Path target) {
    return create(target, List.of());
  }

  /**
   * Makes sure that {@code target} could be staged now; worth asking before hours of work.
   *
   * @throws BadInputException if a running process is writing it, or if an ended one has left
   *     something of it that is to be refused
   */
  public static void check(Path target, Leftover leftover) {
    Path folder = stagingOf(target.toAbsolutePath().normalize());
    if (StagingLock.isHeld(folder)) {
      throw StagingLock.held(folder);
    }
    if (leftover == Leftover.REFUSE && holdsOutput(folder)) {
      throw ended(target, folder);
    }
  }

  /** Whether an ended run, or one that is going on, has something of {@code target}. */
  public static boolean isLeft(Path target) {
    return holdsOutput(stagingOf(target.toAbsolutePath().normalize()));
  }

  /**
   * Removes what a killed run left behind for {@code target}.
   *
   * @return whether there was something
   * @throws BadInputException if a running process is still writing it
   */
  public static boolean discardLeftover(Path target) {
    Path folder = stagingOf(target.toAbsolutePath().normalize());
    if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      return false;
    }
    StagingLock lock = StagingLock.take(folder);
    try {
      FileTree.delete(folder);
      return true;
    } catch (IOException e) {
      throw new EnvironmentException(
          folder.toString(), "cannot be removed: " + e, "remove that folder", e);
    } finally {
      lock.release();
    }
  }

  /** Where {@code target} is put together, beside it. */
  static Path stagingOf(Path target) {
    return target.resolveSibling("." + target.getFileName() + ".partial");
  }

  /** The folder to write into until {@link #commit()}. */
  public Path path() {
    return folder.resolve(CONTENT);
  }

  /** Takes files that are needed while the output grows and do not become a part of it. */
  public Path aside() {
    return folder;
  }

  /** The file that may say how far the output is; it does not become a part of it. */
  public Path journal() {
    return folder.resolve(StagingJournal.FILE);
  }

  /** The folder as it will be called. */
  public Path target() {
    return staging.target();
  }

  /** Whether {@link #path()} holds what an ended run has left. */
  public boolean isContinued() {
    return continued;
  }

  /** Says whether what is staged outlives this run, however it ends. */
  public void keep(boolean kept) {
    staging.keep(kept);
  }

  /**
   * Puts a file on the disk, so that nothing written after it can be there without it.
   *
   * @param file below {@link #path()}
   */
  public void force(Path file) throws IOException {
    Durable.forceFile(file);
  }

  /**
   * Puts the names of the files on the disk; their bytes are the writer's concern.
   *
   * @throws EnvironmentException if the disk refuses
   */
  public void forceNames() {
    try {
      Durable.forceFolder(path());
    } catch (IOException e) {
      throw new EnvironmentException(
          path().toString(), "cannot be written: " + e, "check the disk", e);
    }
  }

  /**
   * Removes all files but those named, so that the output holds nothing of unknown origin.
   *
   * @param names of files directly in {@link #path()}
   * @throws EnvironmentException if one cannot be removed
   */
  public void retain(Collection<String> names) {
    try {
      retain(path(), names);
    } catch (IOException e) {
      throw new EnvironmentException(
          path().toString(), "cannot be tidied: " + e, "remove " + folder, e);
    }
  }

  /**
   * Puts everything on the disk and gives the folder its name.
   *
   * @throws BadInputException if the target has appeared meanwhile
   * @throws EnvironmentException if the disk refuses
   */
  public void commit() {
    try {
      Durable.forceTree(path());
      staging.publish(() -> {
        boolean exists = Files.exists(target(), LinkOption.NOFOLLOW_LINKS);
        if (exists && !replaces) {
          throw OutputTarget.exists(target());
        }
        Path replaced = folder.resolve(REPLACED);
        if (exists) {
          Files.move(target(), replaced, StandardCopyOption.ATOMIC_MOVE);
        }
        try {
          Files.move(path(), target(), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
          if (exists) {
            Files.move(replaced, target(), StandardCopyOption.ATOMIC_MOVE);
          }
          throw e;
        }
      });
    } catch (IOException e) {
      throw new EnvironmentException(
          folder.toString(), "cannot be completed: " + e, "check the disk and run again", e);
    }
    try {
      FileTree.delete(folder);
    } catch (IOException e) {
      // The output is there and complete; the next run to this target will remove lock and journal.
    }
  }

  /** Removes what was staged, unless it has been committed or is kept. */
  @Override
  public void close() {
    try {
      staging.close();
    } finally {
      lock.release();
    }
  }

  /** Whether there is more than a lock, a journal and an empty folder. */
  private static boolean holdsOutput(Path folder) {
    return !names(folder.resolve(CONTENT)).isEmpty()
        || names(folder).stream().anyMatch(name -> !OWN.contains(name));
  }

  private static List<String> names(Path folder) {
    if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> String.valueOf(file.getFileName())).toList();
    } catch (IOException e) {
      throw new EnvironmentException(
          folder.toString(), "cannot be listed: " + e, "check its permissions", e);
    }
  }

  private static void retain(Path folder, Collection<String> names) throws IOException {
    for (String name : names(folder)) {
      if (!names.contains(name)) {
        FileTree.delete(folder.resolve(name));
      }
    }
  }

  private static BadInputException ended(Path target, Path folder) {
    String problem = "an earlier run was ended before it could finish or clean up";
    return UnfinishedRun.of(target)
        .map(left ->
            new BadInputException(
                folder.toString(),
                "%s: %d of %d files are complete".formatted(problem, left.complete(), left.files()),
                "continue it with --resume, or remove it with --discard"))
        .orElseGet(() ->
            new BadInputException(folder.toString(), problem, "remove that folder and run again"));
  }
}
