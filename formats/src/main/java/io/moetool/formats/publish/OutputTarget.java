package io.moetool.formats.publish;

import io.moetool.formats.BadInputException;
import io.moetool.formats.EnvironmentException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;

/** Whether a path may become an output; worth asking before hours of work. */
public final class OutputTarget {
  private OutputTarget() {}

  /**
   * Makes sure that {@code target} does not exist and lies in none of {@code sources}.
   *
   * @throws BadInputException otherwise
   */
  public static void check(Path target, List<Path> sources) {
    if (Files.exists(target.toAbsolutePath().normalize(), LinkOption.NOFOLLOW_LINKS)) {
      throw exists(target);
    }
    checkPlace(target, sources);
  }

  /**
   * Makes sure that {@code target} lies in none of {@code sources}; it may exist.
   *
   * @throws BadInputException otherwise
   */
  static void checkPlace(Path target, List<Path> sources) {
    Path absolute = target.toAbsolutePath().normalize();
    if (absolute.getFileName() == null) {
      throw new BadInputException(
          target.toString(), "is no name for an output", "choose another folder");
    }
    Path existing = DiskSpace.existingAncestor(absolute);
    Path real = real(existing).resolve(existing.relativize(absolute));
    for (Path source : sources) {
      Path sourceFolder = real(source);
      if (Files.isDirectory(sourceFolder) && real.startsWith(sourceFolder)) {
        throw new BadInputException(
            target.toString(),
            "lies inside the source " + source,
            "choose a folder outside it; sources are never written to");
      }
    }
  }

  static BadInputException exists(Path target) {
    return new BadInputException(target.toString(), "exists", "choose another folder or remove it");
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
