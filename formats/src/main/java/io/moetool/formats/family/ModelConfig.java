package io.moetool.formats.family;

import io.moetool.formats.BadInputException;
import io.moetool.formats.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A checkpoint's {@code config.json}: values by path, and edits that leave every other character of
 * the text as it was.
 *
 * <p>Paths are keys joined by dots ({@code text_config.num_experts}). A {@code null} counts as
 * absent, as it does for the libraries that read these files.
 */
public final class ModelConfig {
  private final String where;
  private final String text;
  private final ObjectNode root;

  private ModelConfig(String where, String text, ObjectNode root) {
    this.where = where;
    this.text = text;
    this.root = root;
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
      return new ModelConfig(file.toString(), Files.readString(file), root);
    } catch (IOException e) {
      throw new BadInputException(
          file.toString(), "cannot be read: " + e.getMessage(), "check its permissions", e);
    }
  }

  /** A config from text already in memory; {@code where} names it in messages. */
  public static ModelConfig parse(String where, String text) {
    return new ModelConfig(where, text, Json.readObject(where, text));
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
    JsonNode node = root;
    for (String key : path.split("\\.", -1)) {
      JsonNode child = node.get(key);
      if (child == null) {
        return Optional.empty();
      }
      node = child;
    }
    return node.isNull() ? Optional.empty() : Optional.of(node);
  }

  /**
   * The text with whole-number values replaced, every other character kept.
   *
   * @param numbers path to new value; every path must hold a number
   * @throws BadInputException if a path holds no number
   */
  public String withNumbers(Map<String, Long> numbers) {
    return ConfigText.replaceNumbers(where, text, numbers);
  }
}
