package io.moetool.formats.json;

import io.moetool.formats.BadInputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.util.DefaultIndenter;
import tools.jackson.core.util.DefaultPrettyPrinter;
import tools.jackson.core.util.Separators;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The project's two ways to read JSON and its one way to write it.
 *
 * <p>Every failure becomes a {@link BadInputException} that names file, line and column. Doubled
 * keys are refused everywhere: two readers would otherwise see two different documents.
 */
public final class Json {
  /** Largest document read whole; {@code config.json} and index files are far below it. */
  private static final long MAX_BYTES = 256L << 20;

  private static final int MAX_NESTING = 64;

  /** The parser's messages point to where it began, which says nothing to a reader. */
  private static final Pattern SOURCE_REFERENCE =
      Pattern.compile(" \\(start marker at \\[[^]]*]\\)");

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_NESTING)
                  .maxStringLength(64 << 20)
                  .build())
          .build();

  private static final JsonMapper LENIENT =
      JsonMapper.builder(FACTORY)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build();

  private static final JsonMapper STRICT =
      JsonMapper.builder(FACTORY)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .disable(SerializationFeature.FAIL_ON_EMPTY_BEANS)
          .build();

  private static final ObjectWriter PRETTY =
      STRICT
          .writer()
          .with(
              new DefaultPrettyPrinter(
                      Separators.createDefaultInstance()
                          .withObjectNameValueSpacing(Separators.Spacing.AFTER))
                  .withObjectIndenter(new DefaultIndenter("  ", "\n"))
                  .withArrayIndenter(DefaultPrettyPrinter.FixedSpaceIndenter.instance()));

  private Json() {}

  /** Reads somebody else's document; it must be a JSON object. */
  public static ObjectNode readObject(Path file) {
    return asObject(file.toString(), parse(file.toString(), text(file)));
  }

  /**
   * As {@link #readObject(Path)}, from text already in memory; {@code where} names it in messages.
   */
  public static ObjectNode readObject(String where, String text) {
    return asObject(where, parse(where, text));
  }

  /** Reads one of our own documents strictly. */
  public static <T> T readStrict(Path file, Class<T> type) {
    return readStrict(file.toString(), text(file), type);
  }

  /** As {@link #readStrict(Path, Class)}, from text already in memory. */
  public static <T> T readStrict(String where, String text, Class<T> type) {
    try {
      return STRICT.readValue(text, type);
    } catch (JacksonException e) {
      throw malformed(where, e);
    } catch (NumberFormatException e) {
      throw beyondLimits(where, e);
    }
  }

  /** An empty object to build a document in. */
  public static ObjectNode object() {
    return LENIENT.createObjectNode();
  }

  /** A value (record, list, map) as a tree. */
  public static JsonNode tree(Object value) {
    return STRICT.valueToTree(value);
  }

  /** Indented by two spaces, arrays on one line, a line feed at the end. */
  public static String write(Object value) {
    return PRETTY.writeValueAsString(value) + "\n";
  }

  /** On one line, without a line feed. */
  public static String writeCompact(Object value) {
    return STRICT.writeValueAsString(value);
  }

  /**
   * A whole text file.
   *
   * @throws BadInputException if it cannot be read, is not UTF-8 or too large for a document
   */
  public static String text(Path file) {
    try {
      long size = Files.size(file);
      if (size > MAX_BYTES) {
        throw new BadInputException(
            file.toString(),
            "%d bytes are too large for a JSON document of this kind (limit %d)"
                .formatted(size, MAX_BYTES),
            "check that this is the right file");
      }
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(Files.readAllBytes(file)))
          .toString();
    } catch (CharacterCodingException e) {
      throw new BadInputException(
          file.toString(), "not UTF-8 text", "download or write the file again", e);
    } catch (NoSuchFileException e) {
      throw new BadInputException(file.toString(), "no such file", "check the path", e);
    } catch (IOException e) {
      throw new BadInputException(
          file.toString(),
          "cannot be read: " + e.getMessage(),
          "check the path and its permissions",
          e);
    }
  }

  private static JsonNode parse(String where, String text) {
    try {
      return LENIENT.readTree(text);
    } catch (JacksonException e) {
      throw malformed(where, e);
    } catch (NumberFormatException e) {
      throw beyondLimits(where, e);
    }
  }

  private static ObjectNode asObject(String where, JsonNode node) {
    if (node instanceof ObjectNode object) {
      return object;
    }
    throw new BadInputException(
        where,
        "a JSON object is expected, found " + node.getNodeType(),
        "check that this is the right file");
  }

  /** The parser lets this one through: a number with an exponent that no decimal can have. */
  private static BadInputException beyondLimits(String where, NumberFormatException e) {
    return new BadInputException(
        where, "a number exceeds all limits", "correct the file or write it again", e);
  }

  private static BadInputException malformed(String where, JacksonException e) {
    TokenStreamLocation at = e.getLocation();
    String place = where;
    if (at != null && at.getColumnNr() > 0) {
      // Where a line of a larger file is read by itself, the caller has named the line.
      String line = where.contains(" line ") ? "" : " line " + at.getLineNr();
      place = where + line + " column " + at.getColumnNr();
    }
    String problem = SOURCE_REFERENCE.matcher(e.getOriginalMessage()).replaceAll("");
    return new BadInputException(place, problem, "correct the file or write it again", e);
  }
}
