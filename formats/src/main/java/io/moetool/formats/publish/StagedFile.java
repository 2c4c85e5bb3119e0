package io.moetool.formats.publish;

import io.moetool.formats.BadInputException;
import io.moetool.formats.EnvironmentException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicLong;

/**
 * An output file that appears complete or not at all: written beside its target, then renamed over
 * it. Readers see the old file or the new one, never a part.
 */
public final class StagedFile implements AutoCloseable {
  private static final AtomicLong COUNTER = new AtomicLong();

  private final Path staged;
  private final Staging staging;

  private StagedFile(Path staged, Staging staging) {
    this.staged = staged;
    this.staging = staging;
  }

  /**
   * Stages {@code target}, creating the folders above it. A file of that name stays until {@link
   * #commit()} replaces it.
   *
   * @throws EnvironmentException if nothing can be written there
   */
  public static StagedFile create(Path target) {
    Path absolute = target.toAbsolutePath().normalize();
    if (Files.isDirectory(absolute)) {
      throw new BadInputException(target.toString(), "is a folder", "name a file");
    }
    CreatedParents parents = CreatedParents.of(absolute);
    // Unlike a folder's, this name is unique: two runs may replace the same file, the later one
    // wins.
    Path staged =
        absolute.resolveSibling(
            ".%s.%d-%d.partial"
                .formatted(
                    absolute.getFileName(),
                    ProcessHandle.current().pid(),
                    COUNTER.incrementAndGet()));
    try {
      Files.write(staged, new byte[0], StandardOpenOption.CREATE_NEW);
    } catch (IOException e) {
      parents.remove();
      throw new EnvironmentException(
          target.toString(), "cannot be written: " + e, "check the folder and its permissions", e);
    }
    return new StagedFile(
        staged, Staging.begin(absolute, staged, parents, () -> Files.deleteIfExists(staged)));
  }

  /** Writes a whole text file in UTF-8. */
  public static void write(Path target, String text) {
    try (StagedFile file = create(target)) {
      Files.write(file.path(), text.getBytes(StandardCharsets.UTF_8));
      file.commit();
    } catch (IOException e) {
      throw new EnvironmentException(
          target.toString(), "cannot be written: " + e, "check the disk and run again", e);
    }
  }

  /** The file to write into until {@link #commit()}; it exists and is empty. */
  public Path path() {
    return staged;
  }

  /** The file as it will be called. */
  public Path target() {
    return staging.target();
  }

  /**
   * Puts the bytes on the disk and gives the file its name.
   *
   * @throws EnvironmentException if the disk refuses
   */
  public void commit() {
    try {
      Durable.forceFile(staged);
      staging.publish(() ->
          Files.move(
              staged,
              target(),
              StandardCopyOption.ATOMIC_MOVE,
              StandardCopyOption.REPLACE_EXISTING));
    } catch (IOException e) {
      throw new EnvironmentException(
          target().toString(), "cannot be completed: " + e, "check the disk and run again", e);
    }
  }

  /** Removes what was staged, unless it has been committed. */
  @Override
  public void close() {
    staging.close();
  }
}
