package io.moetool.maven;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;

/**
 * Tells whether anything changed, without reading weights: small files count by their content,
 * large ones by size and time of change.
 */
final class Fingerprint {
  /** Up to here, reading a file costs no more than asking for its size. */
  private static final long SMALL = 1 << 20;

  private final MessageDigest digest = sha256();

  /** SHA-256 of a file, in hexadecimal. */
  static String ofContent(Path file) throws IOException {
    return HexFormat.of().formatHex(sha256().digest(Files.readAllBytes(file)));
  }

  /** Adds values in their order. */
  Fingerprint add(Collection<String> values) {
    for (String value : values) {
      add(value);
    }
    return this;
  }

  /** Adds files, and folders with all that is in them; what does not exist counts as well. */
  Fingerprint addFiles(Collection<Path> paths) throws IOException {
    for (Path path : paths) {
      add(path.toString());
      if (Files.exists(path)) {
        for (Path file : filesOf(path)) {
          add(path.relativize(file).toString());
          addFile(file);
        }
      } else {
        add("absent");
      }
    }
    return this;
  }

  /** All that was added, in hexadecimal. */
  String value() {
    return HexFormat.of().formatHex(digest.digest());
  }

  private void addFile(Path file) throws IOException {
    long size = Files.size(file);
    add(Long.toString(size));
    add(size <= SMALL ? ofContent(file) : Files.getLastModifiedTime(file).toString());
  }

  private void add(String value) {
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    digest.update((bytes.length + ":").getBytes(StandardCharsets.UTF_8));
    digest.update(bytes);
  }

  private static List<Path> filesOf(Path path) throws IOException {
    List<Path> files = new ArrayList<>();
    Files.walkFileTree(
        path,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            files.add(file);
            return FileVisitResult.CONTINUE;
          }
        });
    files.sort(null);
    return files;
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
