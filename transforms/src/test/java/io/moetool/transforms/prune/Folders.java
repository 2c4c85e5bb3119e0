package io.moetool.transforms.prune;

import io.moetool.formats.publish.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Whole folders, compared in tests. */
public final class Folders {
  private Folders() {}

  /** Hash of every file by its path in the folder. */
  public static SortedMap<String, String> hashes(Path folder) {
    SortedMap<String, String> hashes = new TreeMap<>();
    try (Stream<Path> files = Files.walk(folder)) {
      files
          .filter(Files::isRegularFile)
          .forEach(file -> hashes.put(folder.relativize(file).toString(), Sha256.of(file)));
      return hashes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
