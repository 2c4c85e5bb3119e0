package io.moetool.formats.document;

import io.moetool.formats.BadInputException;
import io.moetool.formats.json.Json;
import io.moetool.formats.publish.StagedFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.databind.node.ObjectNode;

/**
 * A kind of document: a record whose components are the keys, the first of them {@code
 * formatVersion}.
 *
 * @param type the record
 * @param version the only {@code formatVersion} there is
 * @param mend how to get a sound one, as the end of a sentence: {@code make the plan again}
 */
public record Document<T extends Record>(Class<T> type, int version, String mend) {

  /** The text: the same value gives the same bytes. */
  public String text(T value) {
    return Json.write(value);
  }

  /**
   * Writes a file; one of that name is replaced.
   *
   * @throws io.moetool.formats.EnvironmentException if it cannot be written
   */
  public void write(T value, Path file) {
    StagedFile.write(file, text(value));
  }

  /**
   * Reads a file.
   *
   * @throws BadInputException if it is of another kind or version, or a key is unknown, doubled or
   *     missing
   */
  public T read(Path file) {
    requireVersion(file.toString(), Json.readObject(file));
    try {
      return shaped(file.toString(), Files.readString(file));
    } catch (IOException e) {
      throw new BadInputException(
          file.toString(), "cannot be read: " + e.getMessage(), "check its permissions", e);
    }
  }

  /**
   * As {@link #read}, from text already in memory.
   *
   * @param where names it in messages
   */
  public T parse(String where, String text) {
    requireVersion(where, Json.readObject(where, text));
    return shaped(where, text);
  }

  private void requireVersion(String where, ObjectNode document) {
    if (document.path("formatVersion").asInt(0) != version) {
      throw new BadInputException(
          where,
          "formatVersion is %s, %d is expected"
              .formatted(
                  document.has("formatVersion") ? document.get("formatVersion") : "missing",
                  version),
          mend + " with this version of the tool");
    }
  }

  private T shaped(String where, String text) {
    DocumentShape.require(where, text, type, mend);
    return Json.readStrict(where, text, type);
  }
}
