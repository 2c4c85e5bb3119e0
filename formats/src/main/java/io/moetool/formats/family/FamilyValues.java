package io.moetool.formats.family;

import io.moetool.formats.BadInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * Values of a family's data file for one config. A value is a literal, or {@code {"config": key or
 * keys, "onlyIf": condition, "default": value}}: the first key the config holds, provided the
 * condition is met there, else the default. A condition is a key that must be true, or an object of
 * keys and the values they must have.
 */
final class FamilyValues {
  private final JsonNode definition;
  private final ModelConfig config;

  FamilyValues(JsonNode definition, ModelConfig config) {
    this.definition = definition;
    this.config = config;
  }

  /** Whether the family has this section. */
  boolean has(String section) {
    return definition.has(section);
  }

  /** A positive whole number. */
  int count(String section, String key) {
    JsonNode value = required(section, key);
    return positive(describe(section, key), value);
  }

  /** A positive whole number, or {@code otherwise} where neither config nor family says one. */
  int count(String section, String key, int otherwise) {
    return find(section, key).map(v -> positive(describe(section, key), v)).orElse(otherwise);
  }

  /**
   * A positive whole number, or {@code otherwise} where config and family say none or leave it open
   * as {@code "auto"}.
   */
  int countOrAuto(String section, String key, int otherwise) {
    return find(section, key)
        .filter(value -> !value.isString() || !value.stringValue().equals("auto"))
        .map(value -> positive(describe(section, key), value))
        .orElse(otherwise);
  }

  /**
   * A whole number that may be zero, or {@code otherwise} where neither config nor family says one.
   */
  int index(String section, String key, int otherwise) {
    Optional<JsonNode> value = find(section, key);
    return value.isEmpty() ? otherwise : whole(describe(section, key), value.get(), 0);
  }

  /**
   * Index of a layer, where -1 means the last of {@code layers}, which is also meant where neither
   * config nor family says one.
   */
  int lastIndex(String section, String key, int layers) {
    int last = find(section, key).map(v -> whole(describe(section, key), v, -1)).orElse(-1);
    return last < 0 ? layers - 1 : Math.min(last, layers - 1);
  }

  Optional<Integer> optionalCount(String section, String key) {
    return find(section, key).map(v -> positive(describe(section, key), v));
  }

  double number(String section, String key) {
    return finite(describe(section, key), required(section, key));
  }

  Optional<Double> optionalNumber(String section, String key) {
    return find(section, key).map(v -> finite(describe(section, key), v));
  }

  /** A number, or {@code otherwise} where neither config nor family says one. */
  double number(String section, String key, double otherwise) {
    return optionalNumber(section, key).orElse(otherwise);
  }

  /** True or false, or {@code otherwise} where neither config nor family says so. */
  boolean flag(String section, String key, boolean otherwise) {
    return find(section, key).isPresent() ? flag(section, key) : otherwise;
  }

  /** True, or a number other than zero; {@code otherwise} where neither config nor family says. */
  boolean isTrue(String section, String key, boolean otherwise) {
    return find(section, key)
        .map(value -> value.isNumber() ? value.doubleValue() != 0 : flag(section, key))
        .orElse(otherwise);
  }

  boolean flag(String section, String key) {
    JsonNode value = required(section, key);
    if (!value.isBoolean()) {
      throw wrong(describe(section, key), "true or false", value);
    }
    return value.booleanValue();
  }

  /** A string, or {@code otherwise} where neither config nor family says one. */
  String text(String section, String key, String otherwise) {
    return find(section, key).isPresent() ? text(section, key) : otherwise;
  }

  String text(String section, String key) {
    JsonNode value = required(section, key);
    if (!value.isString()) {
      throw wrong(describe(section, key), "a string", value);
    }
    return value.stringValue();
  }

  /** Whole numbers, not negative; none where neither config nor family says any. */
  List<Integer> indices(String section, String key) {
    Optional<JsonNode> found = find(section, key);
    if (found.isEmpty()) {
      return List.of();
    }
    JsonNode value = found.get();
    if (!value.isArray()) {
      throw wrong(describe(section, key), "a list of layer indices", value);
    }
    List<Integer> indices = new ArrayList<>();
    for (JsonNode element : value) {
      if (!element.canConvertToInt() || !element.isIntegralNumber() || element.intValue() < 0) {
        throw wrong(describe(section, key), "a list of layer indices", value);
      }
      indices.add(element.intValue());
    }
    return indices;
  }

  /** Strings; none where neither config nor family says any. */
  List<String> texts(String section, String key) {
    Optional<JsonNode> found = find(section, key);
    List<String> texts = new ArrayList<>();
    if (found.isPresent()) {
      for (JsonNode element : found.get()) {
        if (!element.isString()) {
          throw wrong(describe(section, key), "a list of strings", found.get());
        }
        texts.add(element.stringValue());
      }
    }
    return texts;
  }

  /**
   * All places of the config, at any depth, that hold what a value is read from.
   *
   * @throws BadInputException if they do not say the same
   */
  List<String> places(String section, String key) {
    return agreeing(
        keys(at(section, key)).stream().flatMap(k -> config.places(k).stream()).toList());
  }

  /**
   * As {@link #places}, of the first of its keys that the config holds: further ones may mean
   * something else there.
   */
  List<String> firstPlaces(String section, String key) {
    return agreeing(
        keys(at(section, key)).stream()
            .map(config::places)
            .filter(found -> !found.isEmpty())
            .findFirst()
            .orElse(List.of()));
  }

  private List<String> agreeing(List<String> places) {
    List<JsonNode> values = places.stream().map(config::at).toList();
    if (values.stream().distinct().count() > 1) {
      throw new BadInputException(
          config.where(),
          "it contradicts itself: %s are %s".formatted(String.join(", ", places), values),
          "use the config the checkpoint was published with");
    }
    return places;
  }

  /** Whether config or family says anything. */
  boolean isGiven(String section, String key) {
    return find(section, key).isPresent();
  }

  private Optional<JsonNode> find(String section, String key) {
    JsonNode value = definition.path(section).get(key);
    return value == null ? Optional.empty() : resolve(value);
  }

  private JsonNode required(String section, String key) {
    return find(section, key)
        .orElseThrow(() ->
            new BadInputException(
                config.where(),
                "it does not say %s".formatted(describe(section, key)),
                "use the config the checkpoint was published with"));
  }

  private Optional<JsonNode> resolve(JsonNode value) {
    if (!value.isObject()) {
      return value.isNull() ? Optional.empty() : Optional.of(value);
    }
    if (applies(value.path("onlyIf"))) {
      for (String key : keys(value)) {
        Optional<JsonNode> found = config.find(key);
        if (found.isPresent()) {
          return found;
        }
      }
    }
    JsonNode otherwise = value.get("default");
    return otherwise == null ? Optional.empty() : resolve(otherwise);
  }

  private boolean applies(JsonNode condition) {
    return condition.isString()
        ? config.find(condition.stringValue()).map(JsonNode::booleanValue).orElse(false)
        : condition
            .propertyStream()
            .allMatch(required ->
                config.find(required.getKey()).filter(required.getValue()::equals).isPresent());
  }

  /** The names that a value's field may have in a config. */
  static List<String> keys(JsonNode value) {
    JsonNode keys = value.path("config");
    if (keys.isString()) {
      return List.of(keys.stringValue());
    }
    List<String> all = new ArrayList<>();
    keys.forEach(k -> all.add(k.stringValue()));
    return all;
  }

  private JsonNode at(String section, String key) {
    return definition.path(section).path(key);
  }

  private String describe(String section, String key) {
    List<String> keys = at(section, key).isObject() ? keys(at(section, key)) : List.of();
    return keys.isEmpty() ? section + "." + key : String.join(" or ", keys);
  }

  private int positive(String what, JsonNode value) {
    return whole(what, value, 1);
  }

  private int whole(String what, JsonNode value, int least) {
    JsonNode node = sameInAllLayers(what, value);
    if (!node.isIntegralNumber() || !node.canConvertToInt() || node.intValue() < least) {
      throw wrong(what, least == 1 ? "a positive whole number" : "a whole number", value);
    }
    return node.intValue();
  }

  /** The one value of a list with an entry for every layer. */
  private JsonNode sameInAllLayers(String what, JsonNode value) {
    if (!value.isArray() || value.isEmpty()) {
      return value;
    }
    JsonNode first = value.get(0);
    for (JsonNode entry : value) {
      if (!entry.equals(first)) {
        throw new BadInputException(
            config.where(),
            "%s differs from layer to layer: %s".formatted(what, value),
            "supported: models with the same value in every layer");
      }
    }
    return first;
  }

  private double finite(String what, JsonNode value) {
    if (!value.isNumber() || !Double.isFinite(value.doubleValue())) {
      throw wrong(what, "a number", value);
    }
    return value.doubleValue();
  }

  private BadInputException wrong(String what, String expected, JsonNode found) {
    return new BadInputException(
        config.where(),
        "%s must be %s, found %s".formatted(what, expected, found),
        "use the config the checkpoint was published with");
  }
}
