package io.moetool.transforms.plan;

import io.moetool.formats.BadInputException;
import io.moetool.formats.document.Document;
import java.nio.file.Path;

/** {@code plan.json}: written so that people can read and edit it, read strictly. */
public final class PlanFile {
  private static final Document<Plan> DOCUMENT =
      new Document<>(Plan.class, Plan.FORMAT_VERSION, "make the plan again");

  private PlanFile() {}

  /** The document's text. */
  public static String text(Plan plan) {
    return DOCUMENT.text(plan);
  }

  /**
   * Writes a plan; a file of that name is replaced.
   *
   * @throws io.moetool.formats.EnvironmentException if it cannot be written
   */
  public static void write(Plan plan, Path file) {
    DOCUMENT.write(plan, file);
  }

  /**
   * Reads a plan. It is not yet held against a checkpoint; {@link PlanCheck} does that.
   *
   * @throws BadInputException if it is no plan, or a key is unknown, doubled or missing
   */
  public static Plan read(Path file) {
    return DOCUMENT.read(file);
  }

  /**
   * As {@link #read}, from text already in memory.
   *
   * @param where names it in messages
   */
  public static Plan parse(String where, String text) {
    return DOCUMENT.parse(where, text);
  }
}
