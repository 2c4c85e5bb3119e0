package io.moetool.formats.publish;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A file that has been written, and the hashes taken on the way.
 *
 * @param name path inside the output folder, with forward slashes
 * @param bytes size
 * @param sha256 lower-case hex digest of the whole file, as {@code sha256sum} prints it
 * @param tensors lower-case hex SHA-256 of each tensor's bytes by tensor name, in file order; empty
 *     for files without tensors
 */
public record WrittenFile(String name, long bytes, String sha256, Map<String, String> tensors) {
  public WrittenFile {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
  }
}
