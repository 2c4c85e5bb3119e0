package io.moetool.transforms.plan;

import io.moetool.formats.BadInputException;
import io.moetool.formats.json.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** How many experts each layer keeps: a JSON list of whole numbers, one a layer with experts. */
public final class CountsFile {
  private CountsFile() {}

  /**
   * Reads the counts; whether they suit a model is not yet known.
   *
   * @throws BadInputException if the file holds anything else
   */
  public static List<Integer> read(Path file) {
    JsonNode list = Json.readStrict(file, JsonNode.class);
    List<Integer> counts = new ArrayList<>();
    if (list.isArray()) {
      for (JsonNode count : list) {
        if (count.isIntegralNumber() && count.canConvertToInt()) {
          counts.add(count.intValue());
        }
      }
    }
    if (counts.isEmpty() || counts.size() != list.size()) {
      throw new BadInputException(
          file.toString(),
          "a list of whole numbers is expected",
          "give one count a layer with experts, as [ 24, 16, 16 ]");
    }
    return counts;
  }
}
