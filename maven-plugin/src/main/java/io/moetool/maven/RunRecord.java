package io.moetool.maven;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a step remembers of its last run.
 *
 * @param inputs fingerprint of settings, tool and all that was read
 * @param written paths that the step wrote, or had begun to write
 * @param outputs fingerprint of what stands there; empty while the step runs
 */
record RunRecord(String inputs, List<String> written, String outputs) {
  private static final JsonMapper JSON = JsonMapper.shared();

  /** Reads a record; one that was damaged is none. */
  static Optional<RunRecord> read(Path file) throws IOException {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(JSON.readValue(Files.readString(file), RunRecord.class));
    } catch (JacksonException e) {
      return Optional.empty();
    }
  }

  /** Whether the run came to its end. */
  boolean isComplete() {
    return !outputs.isEmpty();
  }

  void write(Path file) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    Files.writeString(file, JSON.writeValueAsString(this));
  }
}
