package io.moetool.formats.publish;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * Asks the disk to keep what was written, so that a rename never precedes the bytes it publishes.
 */
final class Durable {
  private static final boolean POSIX =
      FileSystems.getDefault().supportedFileAttributeViews().contains("posix");

  private Durable() {}

  static void forceFile(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  /** Keeps the names in {@code folder}. Windows has no such call; renames are journaled there. */
  static void forceFolder(Path folder) throws IOException {
    if (POSIX) {
      try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }

  /** Keeps the name of {@code path}. */
  static void forceName(Path path) throws IOException {
    Path parent = path.toAbsolutePath().getParent();
    if (parent != null) {
      forceFolder(parent);
    }
  }

  /** Files first, then the folders that name them, innermost first. */
  static void forceTree(Path root) throws IOException {
    List<Path> all;
    try (Stream<Path> walk = Files.walk(root)) {
      all = walk.toList();
    }
    for (Path path : all.reversed()) {
      if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
        forceFolder(path);
      } else {
        forceFile(path);
      }
    }
  }
}
