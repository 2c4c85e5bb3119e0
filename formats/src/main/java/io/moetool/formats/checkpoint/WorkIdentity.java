package io.moetool.formats.checkpoint;

import io.moetool.formats.EnvironmentException;
import io.moetool.formats.publish.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What has to be the same for one run to go on where another was ended, by names for people. A
 * fingerprint does not see all bytes of a model, so size and time of the source's files belong to
 * it.
 */
final class WorkIdentity {
  private WorkIdentity() {}

  /**
   * The identity of an output.
   *
   * @param manifest that it will have, apart from files and tensors
   * @param sources folders, which do not count, and files that the tensors come from
   */
  static Map<String, String> of(Manifest manifest, List<ShardLayout> shards, List<Path> sources) {
    Map<String, String> work = new LinkedHashMap<>();
    work.put("version of moetool", manifest.tool().version());
    work.put("source", manifest.source().fingerprint());
    work.put("plan", "sha256:" + Sha256.of(manifest.plan().toString()));
    work.put("distribution over files, see --shard-size,", "sha256:" + ShardLayout.digest(shards));
    work.put("state of the source's files", "sha256:" + state(sources));
    return work;
  }

  private static String state(List<Path> sources) {
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
