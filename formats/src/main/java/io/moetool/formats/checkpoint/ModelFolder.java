package io.moetool.formats.checkpoint;

import io.moetool.formats.BadInputException;
import io.moetool.formats.EnvironmentException;
import io.moetool.formats.safetensors.Quoted;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A folder whose files are named by data. Names that lead out of it are refused, with one
 * exception: in the Hugging Face cache ({@code snapshots/<revision>/…}) files are links into {@code
 * blobs} beside {@code snapshots}.
 */
public final class ModelFolder {
  private static final String MEND =
      "put the files themselves into the folder, or name the folder they are in";

  private final Path folder;
  private final Path real;
  private final @Nullable Path blobs;

  /** The files of a folder that exists. */
  public ModelFolder(Path folder) {
    this.folder = folder;
    this.real = real(folder);
    this.blobs = blobsBeside(real);
  }

  Path path() {
    return folder;
  }

  /**
   * The file called {@code name}, if it is there.
   *
   * @param namedBy file that names it, for messages
   * @param name path relative to the folder, with forward slashes
   * @throws BadInputException if the name, or the link of that name, leads out of the folder
   */
  public Optional<Path> file(String namedBy, String name) {
    Path file = folder.resolve(relative(namedBy, name));
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    if (!holds(file)) {
      throw new BadInputException(
          file.toString(), "is a link that leads out of its folder, to " + real(file), MEND);
    }
    return Optional.of(file);
  }

  /** Whether a path in the folder is a file, and no link that leads out of it. */
  boolean holds(Path file) {
    if (!Files.isRegularFile(file)) {
      return false;
    }
    Path target = real(file);
    return target.startsWith(real) || (blobs != null && blobs.equals(target.getParent()));
  }

  private static Path relative(String namedBy, String name) {
    if (name.isEmpty()
        || name.indexOf('\\') >= 0
        || name.codePoints().anyMatch(Character::isISOControl)) {
      throw notAFileName(namedBy, name);
    }
    Path path;
    try {
      path = Path.of(name);
    } catch (InvalidPathException e) {
      throw new BadInputException(namedBy, Quoted.of(name) + " is no file name", MEND, e);
    }
    if (path.getRoot() != null) {
      throw notAFileName(namedBy, name);
    }
    for (Path part : path) {
      if (part.toString().equals("..") || part.toString().equals(".")) {
        throw notAFileName(namedBy, name);
      }
    }
    return path;
  }

  private static BadInputException notAFileName(String namedBy, String name) {
    return new BadInputException(
        namedBy, Quoted.of(name) + " is no name of a file inside the folder", MEND);
  }

  private static @Nullable Path blobsBeside(Path real) {
    Path snapshots = real.getParent();
    if (snapshots == null || !snapshots.endsWith("snapshots")) {
      return null;
    }
    Path blobs = snapshots.resolveSibling("blobs");
    return Files.isDirectory(blobs) ? real(blobs) : null;
  }

  private static Path real(Path path) {
    try {
      return path.toRealPath();
    } catch (IOException e) {
      throw new EnvironmentException(
          path.toString(), "cannot be resolved: " + e, "check the path and its permissions", e);
    }
  }
}
