package io.moetool.transforms.generate;

import io.moetool.formats.json.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;

/** Tokens that end a text: {@code eos_token_id}, one id or a list of them. */
public final class StopTokens {
  private static final List<String> FILES = List.of("generation_config.json", "config.json");

  private StopTokens() {}

  /** Those of the first file of a model's folder that names any; none if no file does. */
  public static Set<Integer> of(Path folder) {
    for (String name : FILES) {
      Path file = folder.resolve(name);
      if (Files.isRegularFile(file)) {
        JsonNode ids = Json.readObject(file).path("eos_token_id");
        Set<Integer> stops = new TreeSet<>();
        (ids.isArray() ? ids.values() : List.of(ids))
            .forEach(id -> {
              if (id.canConvertToInt() && id.isIntegralNumber()) {
                stops.add(id.intValue());
              }
            });
        if (!stops.isEmpty()) {
          return stops;
        }
      }
    }
    return Set.of();
  }
}
