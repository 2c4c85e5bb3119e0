package io.moetool.maven;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** A model folder as one file: the same folder gives the same bytes. */
final class ModelArchive {
  private static final LocalDateTime TIME = LocalDateTime.of(2000, 1, 1, 0, 0);

  private ModelArchive() {}

  /** Writes the archive; weights hardly shrink, so they are packed fast. */
  static void write(Path folder, Path archive) throws IOException {
    Files.createDirectories(archive.toAbsolutePath().getParent());
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(archive))) {
      zip.setLevel(Deflater.BEST_SPEED);
      for (Path file : files(folder)) {
        ZipEntry entry = new ZipEntry(folder.relativize(file).toString().replace('\\', '/'));
        entry.setTimeLocal(TIME);
        zip.putNextEntry(entry);
        Files.copy(file, zip);
        zip.closeEntry();
      }
    }
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> tree = Files.walk(folder)) {
      return tree.filter(Files::isRegularFile).sorted().toList();
    }
  }
}
