package io.moetool.transforms.verify;

import io.moetool.formats.EnvironmentException;
import io.moetool.formats.checkpoint.Manifest;
import io.moetool.formats.family.Finding;
import io.moetool.formats.publish.Sha256;
import io.moetool.formats.safetensors.Quoted;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The files of an output against those of its manifest. */
final class OutputFiles {
  private OutputFiles() {}

  /**
   * Files that the manifest does not know, sorted. Weights among them could be loaded by mistake.
   */
  static List<Finding> strangers(Path output, Manifest manifest) {
    try (Stream<Path> files = Files.walk(output)) {
      return files
          .filter(file -> !Files.isDirectory(file))
          .map(file -> output.relativize(file).toString().replace('\\', '/'))
          .filter(name -> !name.equals(Manifest.FILE) && !manifest.files().containsKey(name))
          .sorted()
          .map(name ->
              name.endsWith(".safetensors")
                  ? Finding.error(Quoted.of(name), "weights that the manifest does not know")
                  : Finding.warning(Quoted.of(name), "is not in the manifest"))
          .toList();
    } catch (IOException e) {
      throw new EnvironmentException(
          output.toString(), "cannot be listed: " + e, "check its permissions", e);
    }
  }

  /** What is wrong with a file. */
  static Optional<Finding> compare(Path output, String name, Manifest.FileEntry entry) {
    Optional<Path> file = inside(output, name);
    if (file.isEmpty()) {
      return Optional.of(Finding.error(Quoted.of(name), "is no name of a file inside the folder"));
    }
    if (!Files.isRegularFile(file.get())) {
      return Optional.of(Finding.error(Quoted.of(name), "is missing"));
    }
    long size = size(file.get());
    if (size != entry.bytes()) {
      return Optional.of(
          Finding.error(
              Quoted.of(name), "has %d bytes, %d were written".formatted(size, entry.bytes())));
    }
    String hash = Sha256.of(file.get());
    return hash.equals(entry.sha256())
        ? Optional.empty()
        : Optional.of(
            Finding.error(
                Quoted.of(name),
                "has changed: SHA-256 is %s, %s was written".formatted(hash, entry.sha256())));
  }

  private static Optional<Path> inside(Path output, String name) {
    try {
      Path file = output.resolve(name).normalize();
      return file.startsWith(output.normalize()) ? Optional.of(file) : Optional.empty();
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new EnvironmentException(
          file.toString(), "cannot be read: " + e, "check its permissions", e);
    }
  }
}
