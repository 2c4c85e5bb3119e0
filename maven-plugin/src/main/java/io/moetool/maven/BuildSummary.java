package io.moetool.maven;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code summary.json}: the steps of a module in the order in which they first ran. */
final class BuildSummary {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private final Path file;
  private final ArrayNode steps;

  private BuildSummary(Path file, ArrayNode steps) {
    this.file = file;
    this.steps = steps;
  }

  /** The summary so far; a file that was damaged begins anew. */
  static BuildSummary read(Path file) throws IOException {
    if (Files.exists(file)) {
      try {
        if (JSON.readTree(Files.readString(file)).get("steps") instanceof ArrayNode steps) {
          return new BuildSummary(file, steps);
        }
      } catch (JacksonException e) {
        return new BuildSummary(file, JSON.createArrayNode());
      }
    }
    return new BuildSummary(file, JSON.createArrayNode());
  }

  /** An entry for a step, not yet part of the summary. */
  static ObjectNode entry(StepFiles files, String goal, Outcome outcome) {
    ObjectNode entry = JSON.createObjectNode();
    entry.put("step", files.name());
    entry.put("goal", goal);
    entry.put("outcome", outcome.key());
    return entry;
  }

  Iterable<JsonNode> steps() {
    return steps;
  }

  /** Adds a step, or replaces what was said about it. */
  void put(ObjectNode entry) {
    for (int i = 0; i < steps.size(); i++) {
      if (steps.get(i).path("step").equals(entry.path("step"))) {
        steps.set(i, entry);
        return;
      }
    }
    steps.add(entry);
  }

  void write() throws IOException {
    boolean passed = true;
    for (JsonNode step : steps) {
      passed &= !step.path("outcome").asString("").equals(Outcome.FAILED.key());
    }
    ObjectNode document = JSON.createObjectNode();
    document.put("formatVersion", 1);
    document.put("passed", passed);
    document.set("steps", steps);
    Files.createDirectories(file.toAbsolutePath().getParent());
    Files.writeString(file, JSON.writeValueAsString(document) + "\n");
  }
}
