package io.moetool.formats.publish;

import io.moetool.formats.BadInputException;
import io.moetool.formats.EnvironmentException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/**
 * An output folder that appears complete or not at all. It is filled under the name {@code
 * .<name>.partial} beside its target and renamed once everything is on the disk.
 *
 * <p>Closing without {@link #commit()} removes what was staged, and so does the end of the JVM by a
 * signal. Only one process can stage a given target at a time.
 */
public final class StagedFolder implements AutoCloseable {
  private final Path target;
  private final Path staging;
  private final StagingLock lock;
  private final CreatedParents parents;
  private final Thread atShutdown = new Thread(this::discard, "moetool-discard");

  private boolean open = true;

  private StagedFolder(Path target, Path staging, StagingLock lock, CreatedParents parents) {
    this.target = target;
    this.staging = staging;
    this.lock = lock;
    this.parents = parents;
  }

  /**
   * Stages {@code target}, a folder that does not exist yet; missing folders above it are created.
   *
   * @param sources folders or files the output is made from; the target may not lie inside one
   * @throws BadInputException if the target exists, lies in a source or is being staged already
   * @throws EnvironmentException if the folder cannot be created
   */
  public static StagedFolder create(Path target, List<Path> sources) {
    OutputTarget.check(target, sources);
    Path absolute = target.toAbsolutePath().normalize();
    Path staging = stagingOf(absolute);
    CreatedParents parents = CreatedParents.of(absolute);
    try {
      StagingLock lock = StagingLock.take(staging);
      StagedFolder staged = new StagedFolder(absolute, staging, lock, parents);
      AtShutdown.register(staged.atShutdown);
      return staged;
    } catch (RuntimeException e) {
      parents.remove();
      throw e;
    }
  }

  /**
   * As {@link #create(Path, List)}, for output that is made from nothing that could be overwritten.
   */
  public static StagedFolder create(Path target) {
    return create(target, List.of());
  }

  /**
   * Removes what a killed run left behind for {@code target}.
   *
   * @return whether there was something
   * @throws BadInputException if a running process is still writing it
   */
  public static boolean discardLeftover(Path target) {
    return StagingLock.discardLeftover(stagingOf(target.toAbsolutePath().normalize()));
  }

  /** Where {@code target} is put together. */
  public static Path stagingOf(Path target) {
    return target.resolveSibling("." + target.getFileName() + ".partial");
  }

  /** The folder to write into until {@link #commit()}. */
  public Path path() {
    return staging;
  }

  /** The folder as it will be called. */
  public Path target() {
    return target;
  }

  /**
   * Puts everything on the disk and gives the folder its name.
   *
   * @throws BadInputException if the target has appeared meanwhile
   * @throws EnvironmentException if the disk refuses
   */
  public void commit() {
    try {
      lock.removeFile();
      Durable.forceTree(staging);
      publish();
    } catch (IOException e) {
      throw new EnvironmentException(
          staging.toString(), "cannot be completed: " + e, "check the disk and run again", e);
    }
  }

  private synchronized void publish() throws IOException {
    if (!open) {
      throw new IllegalStateException(target + " is already committed or discarded");
    }
    if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
      throw OutputTarget.exists(target);
    }
    Files.move(staging, target, StandardCopyOption.ATOMIC_MOVE);
    open = false;
    lock.release();
    AtShutdown.forget(atShutdown);
    Path parent = target.getParent();
    if (parent != null) {
      Durable.forceFolder(parent);
    }
  }

  /** Removes what was staged, unless it has been committed. */
  @Override
  public void close() {
    discard();
    AtShutdown.forget(atShutdown);
  }

  private synchronized void discard() {
    if (!open) {
      return;
    }
    open = false;
    try {
      FileTree.delete(staging);
    } catch (IOException e) {
      throw new EnvironmentException(
          staging.toString(), "cannot be removed: " + e, "remove that folder", e);
    } finally {
      lock.release();
      parents.remove();
    }
  }
}
