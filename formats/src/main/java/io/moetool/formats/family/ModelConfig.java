package io.moetool.formats.family;

import io.moetool.formats.BadInputException;
import io.moetool.formats.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A checkpoint's {@code config.json}: values by path, and edits that leave every other character of
 * the text as it was.
 *
 * <p>Paths are keys joined by dots ({@code text_config.num_experts}). A {@code null} counts as
 * absent, as it does for the libraries that read these files.
 */
public final class ModelConfig {
  private static final List<String> WHOLE = List.of("");

  private final String where;
  private final String text;
  private final ObjectNode root;
  private final List<String> bases;

  private ModelConfig(String where, String text, ObjectNode root, List<String> bases) {
    this.where = where;
    this.text = text;
    this.root = root;
    this.bases = bases;
  }

  /**
   * Reads {@code config.json}.
   *
   * @throws BadInputException if it is missing or no JSON object
   */
  public static ModelConfig read(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new BadInputException(
          file.toString(),
          "there is no config.json",
          "name a Hugging Face checkpoint folder, or put its config.json beside the weights");
    }
    ObjectNode root = Json.readObject(file);
    try {
      return new ModelConfig(file.toString(), Files.readString(file), root, WHOLE);
    } catch (IOException e) {
      throw new BadInputException(
          file.toString(), "cannot be read: " + e.getMessage(), "check its permissions", e);
    }
  }

  /** A config from text already in memory; {@code where} names it in messages. */
  public static ModelConfig parse(String where, String text) {
    return new ModelConfig(where, text, Json.readObject(where, text), WHOLE);
  }

  /**
   * The same config, in which values are looked for inside these objects, one after the other.
   *
   * @param objects paths of objects, the empty one being the whole config
   */
  ModelConfig lookingIn(List<String> objects) {
    return new ModelConfig(where, text, root, List.copyOf(objects));
  }

  /** File name, for messages. */
  public String where() {
    return where;
  }

  /** The text as read. */
  public String text() {
    return text;
  }

  /** The whole tree; not to be changed. */
  public ObjectNode root() {
    return root;
  }

  /**
   * The {@code model_type}.
   *
   * @throws BadInputException if there is none
   */
  public String modelType() {
    return find("model_type")
        .filter(JsonNode::isString)
        .map(JsonNode::stringValue)
        .orElseThrow(() ->
            new BadInputException(
                where,
                "it has no \"model_type\"",
                "add the model type the checkpoint was saved with"));
  }

  /** The value at a path, unless it is absent or {@code null}. */
  public Optional<JsonNode> find(String path) {
    return places(path).stream().findFirst().map(this::at);
  }

  /**
   * Where values of this path stand, from the whole config: at several depths if it says the same
   * thing more than once.
   */
  List<String> places(String path) {
    return bases.stream()
        .map(base -> join(base, path))
        .filter(place -> !at(place).isMissingNode())
        .toList();
  }

  private static String join(String base, String path) {
    return base.isEmpty() ? path : base + "." + path;
  }

  /** What stands at a place of the whole config; a missing node where that is nothing. */
  JsonNode at(String place) {
    JsonNode node = root;
    for (String key : place.split("\\.", -1)) {
      node = node.path(key);
    }
    return node.isNull() ? MissingNode.getInstance() : node;
  }

  /**
   * The text with whole-number values replaced, every other character kept.
   *
   * @param numbers path to new value; every path must hold a number, or a list of the same one
   * @throws BadInputException if a path holds no number
   */
  public String withNumbers(Map<String, Long> numbers) {
    return ConfigText.replaceNumbers(where, text, numbers);
  }

  /**
   * This config with the modules that are said not to be quantised renamed, every other character
   * kept.
   *
   * @param rename from a module's or weight's name to its new one; empty if it is gone
   */
  public ModelConfig withPlainModules(Function<String, Optional<String>> rename) {
    String edited = text;
    for (String path : QuantisationReader.plainModules()) {
      edited = ConfigList.edit(edited, path, rename);
    }
    return parse(where, edited);
  }
}
