package io.moetool.formats.document;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.moetool.formats.BadInputException;
import io.moetool.formats.safetensors.Quoted;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.SequencedMap;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.json.JsonFactory;

/**
 * Whether a JSON text has exactly the keys and kinds of values of a record. People edit these
 * documents, so a mistake is reported with its own line, and nothing is silently rounded, defaulted
 * or converted.
 */
final class DocumentShape {
  private final String where;
  private final String mend;
  private final JsonParser parser;

  private DocumentShape(String where, String mend, JsonParser parser) {
    this.where = where;
    this.mend = mend;
    this.parser = parser;
  }

  /**
   * Passes if {@code text} has the shape of {@code type}.
   *
   * @param text well-formed JSON without doubled keys
   * @param mend where the document comes from, as advice
   * @throws BadInputException with line and column of the first difference
   */
  static void require(String where, String text, Class<? extends Record> type, String mend) {
    try (JsonParser parser = new JsonFactory().createParser(ObjectReadContext.empty(), text)) {
      parser.nextToken();
      new DocumentShape(where, mend, parser).value("the document", type);
    }
  }

  private void value(String name, Type type) {
    JsonToken token = parser.currentToken();
    if (type instanceof ParameterizedType parameterized) {
      Type element = parameterized.getActualTypeArguments()[0];
      if (parameterized.getRawType() == Optional.class) {
        if (token != JsonToken.VALUE_NULL) {
          value(name, element);
        }
      } else {
        list(name, element);
      }
    } else if (type instanceof Class<?> plain && plain.isRecord()) {
      object(name, plain);
    } else {
      require(name, expected(type), isScalar(type, token));
    }
  }

  private static boolean isScalar(Type type, JsonToken token) {
    if (type == OptionalLong.class || type == OptionalDouble.class) {
      return token == JsonToken.VALUE_NULL
          || isScalar(type == OptionalLong.class ? long.class : Double.class, token);
    }
    if (type == Double.class) {
      return token.isNumeric();
    }
    if (type == String.class || isChoice(type)) {
      return token == JsonToken.VALUE_STRING;
    }
    return type == boolean.class ? token.isBoolean() : token == JsonToken.VALUE_NUMBER_INT;
  }

  /** A word out of a few; which ones is for the reader of the value. */
  private static boolean isChoice(Type type) {
    return type instanceof Class<?> plain && plain.isEnum();
  }

  private static String expected(Type type) {
    if (type == String.class || isChoice(type)) {
      return "a text";
    }
    if (type == boolean.class) {
      return "true or false";
    }
    return type == Double.class || type == OptionalDouble.class ? "a number" : "a whole number";
  }

  private void list(String name, Type element) {
    require(name, "a list", parser.currentToken() == JsonToken.START_ARRAY);
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      value("an element of " + name, element);
    }
  }

  private void object(String name, Class<?> type) {
    require(name, "an object", parser.currentToken() == JsonToken.START_OBJECT);
    SequencedMap<String, Type> missing = keys(type);
    List<String> known = List.copyOf(missing.keySet());
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = parser.currentName();
      Type component = missing.remove(key);
      if (component == null) {
        throw wrong(
            "key %s is not known here".formatted(Quoted.of(key)),
            "known: " + String.join(", ", known));
      }
      parser.nextToken();
      value(key, component);
    }
    if (!missing.isEmpty()) {
      throw wrong(
          "%s ends here without %s".formatted(name, String.join(", ", missing.keySet())),
          "add what is missing, or " + mend);
    }
  }

  private static SequencedMap<String, Type> keys(Class<?> type) {
    SequencedMap<String, Type> keys = new LinkedHashMap<>();
    for (RecordComponent component : type.getRecordComponents()) {
      JsonProperty property = component.getAccessor().getAnnotation(JsonProperty.class);
      keys.put(
          property == null ? component.getName() : property.value(), component.getGenericType());
    }
    return keys;
  }

  private void require(String name, String expected, boolean fits) {
    if (!fits) {
      throw wrong("%s must be %s".formatted(name, expected), "correct it, or " + mend);
    }
  }

  private BadInputException wrong(String problem, String advice) {
    TokenStreamLocation at = parser.currentTokenLocation();
    return new BadInputException(
        "%s line %d column %d".formatted(where, at.getLineNr(), at.getColumnNr()), problem, advice);
  }
}
