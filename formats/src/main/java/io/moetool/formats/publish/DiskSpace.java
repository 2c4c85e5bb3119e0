package io.moetool.formats.publish;

import io.moetool.formats.EnvironmentException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Whether a disk has room, asked before the first byte is written. */
public final class DiskSpace {
  private DiskSpace() {}

  /**
   * Makes sure that {@code bytes} fit beside {@code target}, which need not exist yet.
   *
   * @throws EnvironmentException if they do not
   */
  public static void require(Path target, long bytes) {
    Path folder = existingAncestor(target);
    try {
      require(folder, bytes, Files.getFileStore(folder).getUsableSpace());
    } catch (IOException e) {
      throw new EnvironmentException(
          folder.toString(),
          "free space cannot be asked for: " + e.getMessage(),
          "check the disk",
          e);
    }
  }

  static void require(Path folder, long bytes, long usable) {
    if (bytes > usable) {
      throw new EnvironmentException(
          folder.toString(),
          "not enough disk space: %s needed, %s free".formatted(readable(bytes), readable(usable)),
          "free %s or choose a folder on another disk".formatted(readable(bytes - usable)));
    }
  }

  static Path existingAncestor(Path path) {
    Path at = path.toAbsolutePath().normalize();
    while (!Files.isDirectory(at)) {
      Path parent = at.getParent();
      if (parent == null) {
        throw new EnvironmentException(
            path.toString(), "no folder above it exists", "check the path");
      }
      at = parent;
    }
    return at;
  }

  private static String readable(long bytes) {
    if (bytes < 1000) {
      return bytes + " bytes";
    }
    String units = "kMGTPE";
    double value = bytes / 1000.0;
    int unit = 0;
    while (value >= 999.95 && unit < units.length() - 1) {
      value /= 1000;
      unit++;
    }
    return String.format(Locale.ROOT, "%.1f %cB", value, units.charAt(unit));
  }
}
