package io.moetool.transforms.plan;

import io.moetool.formats.BadInputException;
import io.moetool.formats.json.Json;
import io.moetool.formats.publish.StagedFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.databind.node.ObjectNode;

/** {@code plan.json}: written so that people can read and edit it, read strictly. */
public final class PlanFile {
  private PlanFile() {}

  /** The document's text. */
  public static String text(Plan plan) {
    return Json.write(plan);
  }

  /**
   * Writes a plan; a file of that name is replaced.
   *
   * @throws io.moetool.formats.EnvironmentException if it cannot be written
   */
  public static void write(Plan plan, Path file) {
    StagedFile.write(file, text(plan));
  }

  /**
   * Reads a plan. It is not yet held against a checkpoint; {@link PlanCheck} does that.
   *
   * @throws BadInputException if it is no plan, or a key is unknown, doubled or missing
   */
  public static Plan read(Path file) {
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
  public static Plan parse(String where, String text) {
    requireVersion(where, Json.readObject(where, text));
    return shaped(where, text);
  }

  private static void requireVersion(String where, ObjectNode document) {
    if (document.path("formatVersion").asInt(0) != Plan.FORMAT_VERSION) {
      throw new BadInputException(
          where,
          "formatVersion is %s, %d is expected"
              .formatted(
                  document.has("formatVersion") ? document.get("formatVersion") : "missing",
                  Plan.FORMAT_VERSION),
          "make the plan with this version of the tool");
    }
  }

  private static Plan shaped(String where, String text) {
    DocumentShape.require(where, text, Plan.class);
    return Json.readStrict(where, text, Plan.class);
  }
}
