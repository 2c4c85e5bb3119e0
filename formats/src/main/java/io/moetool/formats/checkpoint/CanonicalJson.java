package io.moetool.formats.checkpoint;

import io.moetool.formats.json.Json;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/**
 * A config as one text, however it is spelled: no white space, keys sorted ({@link
 * String#compareTo}), numbers by value ({@code 1e4}, {@code 10000} and {@code 10000.0} are {@code
 * 1E+4}), and without the keys {@code _name_or_path} and {@code transformers_version}, which say
 * who saved it, not what it is.
 */
final class CanonicalJson {
  private static final Set<String> VOLATILE = Set.of("_name_or_path", "transformers_version");

  private CanonicalJson() {}

  static String of(JsonNode node) {
    return switch (node.getNodeType()) {
      case OBJECT ->
          new TreeMap<>(
                  node.properties().stream()
                      .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)))
              .entrySet().stream()
                  .filter(entry -> !VOLATILE.contains(entry.getKey()))
                  .map(entry -> Json.writeCompact(entry.getKey()) + ":" + of(entry.getValue()))
                  .collect(Collectors.joining(",", "{", "}"));
      case ARRAY ->
          node.valueStream().map(CanonicalJson::of).collect(Collectors.joining(",", "[", "]"));
      case NUMBER -> node.decimalValue().stripTrailingZeros().toString();
      default -> node.toString();
    };
  }
}
