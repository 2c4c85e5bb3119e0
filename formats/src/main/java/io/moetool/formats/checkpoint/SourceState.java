package io.moetool.formats.checkpoint;

import io.moetool.formats.EnvironmentException;
import io.moetool.formats.publish.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Sizes and times of the files that something is made from: a fingerprint does not see all bytes of
 * a model.
 */
public final class SourceState {
  private SourceState() {}

  /**
   * A digest of names, sizes and times, as lower-case hex.
   *
   * @param sources folders, which do not count, and files
   */
  public static String of(List<Path> sources) {
    Sha256 hash = new Sha256();
    for (Path source : sources) {
      try {
        BasicFileAttributes attributes = Files.readAttributes(source, BasicFileAttributes.class);
        if (attributes.isRegularFile()) {
          String line =
              "%s %d %d\n"
                  .formatted(
                      source.getFileName(),
                      attributes.size(),
                      attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS));
          hash.update(ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8)));
        }
      } catch (IOException e) {
        throw new EnvironmentException(
            source.toString(), "cannot be read: " + e, "check the path and its permissions", e);
      }
    }
    return hash.hex();
  }
}
