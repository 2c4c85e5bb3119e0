package io.moetool.formats.checkpoint;

import io.moetool.formats.BadInputException;
import io.moetool.formats.json.Json;
import io.moetool.formats.safetensors.Quoted;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SequencedSet;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code model.safetensors.index.json}: which tensor is in which shard.
 *
 * @param weightMap file name by tensor name, in the order of the file
 * @param totalSize bytes of all tensors, if it states them
 * @param warnings what is allowed but odd, one sentence each
 */
record CheckpointIndex(
    Map<String, String> weightMap, OptionalLong totalSize, List<String> warnings) {
  static final String FILE = "model.safetensors.index.json";

  CheckpointIndex {
    weightMap = Collections.unmodifiableMap(new LinkedHashMap<>(weightMap));
    warnings = List.copyOf(warnings);
  }

  static CheckpointIndex read(Path file) {
    ObjectNode root = Json.readObject(file);
    if (!(root.get("weight_map") instanceof ObjectNode entries) || entries.isEmpty()) {
      throw bad(file, "weight_map is missing, empty or no JSON object");
    }
    Map<String, String> weightMap = LinkedHashMap.newLinkedHashMap(entries.size());
    for (Map.Entry<String, JsonNode> entry : entries.properties()) {
      if (!entry.getValue().isString()) {
        throw bad(file, "weight_map names no file for tensor " + Quoted.of(entry.getKey()));
      }
      weightMap.put(entry.getKey(), entry.getValue().stringValue());
    }
    List<String> warnings = new ArrayList<>();
    if (!(root.get("metadata") instanceof ObjectNode)) {
      warnings.add(FILE + " has no metadata; transformers refuses such a checkpoint");
    }
    JsonNode size = root.path("metadata").path("total_size");
    return new CheckpointIndex(
        weightMap,
        size.canConvertToLong() ? OptionalLong.of(size.longValue()) : OptionalLong.empty(),
        warnings);
  }

  /** The files named, each once, sorted by name. */
  SequencedSet<String> shardNames() {
    return new TreeSet<>(weightMap.values());
  }

  private static BadInputException bad(Path file, String problem) {
    return new BadInputException(file.toString(), problem, "download or write the index again");
  }
}
