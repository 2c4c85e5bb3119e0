package io.moetool.transforms.plan;

import io.moetool.formats.BadInputException;
import io.moetool.formats.EnvironmentException;
import io.moetool.formats.json.Json;
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
   * @throws EnvironmentException if it cannot be written
   */
  public static void write(Plan plan, Path file) {
    try {
      Files.writeString(file, text(plan));
    } catch (IOException e) {
      throw new EnvironmentException(
          file.toString(), "cannot be written: " + e.getMessage(), "check the folder, its permissions and free space", e);
    }
  }

  /**
   * Reads a plan. It is not yet held against a checkpoint; {@link PlanCheck} does that.
   *
   * @throws BadInputException if it is no plan, or a key is unknown, doubled or missing
   */
  public static Plan read(Path file) {
    ObjectNode document = Json.readObject(file);
    int version = document.path("formatVersion").asInt(0);
    if (version != Plan.FORMAT_VERSION) {
      throw new BadInputException(
          file.toString(),
          "formatVersion is %s, %d is expected"
              .formatted(document.path("formatVersion"), Plan.FORMAT_VERSION),
          "make the plan with this version of the tool");
    }
    return Json.readStrict(file, Plan.class);
  }
}
