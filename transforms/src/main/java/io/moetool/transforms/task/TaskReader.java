package io.moetool.transforms.task;

import io.moetool.formats.BadInputException;
import io.moetool.formats.json.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Reads task files: {@code .jsonl}, a question a row. */
public final class TaskReader {
  private static final String ENDING = ".jsonl";

  private TaskReader() {}

  /**
   * Reads a task.
   *
   * @param shots first rows that are shown, answered, before every other one, and not asked
   * @param most questions at most
   * @throws BadInputException if a row is malformed, rows are of two kinds, or no question is left
   */
  public static Task read(Path file, int shots, long most) {
    String name = Objects.toString(file.getFileName(), "");
    if (!name.endsWith(ENDING)) {
      throw new BadInputException(
          file.toString(), "task files end in .jsonl", "rename the file, or convert it");
    }
    if (!Files.isRegularFile(file)) {
      throw new BadInputException(file.toString(), "no such file", "check the path");
    }
    List<TaskItem> items = items(file, Math.addExact(shots, most));
    if (items.size() <= shots) {
      throw new BadInputException(
          file.toString(),
          items.isEmpty()
              ? "it has no row"
              : "all its %d rows are shown as examples; none is left to ask"
                  .formatted(items.size()),
          "give a task with more rows");
    }
    Task.Kind kind = kind(items.getFirst());
    if (items.stream().anyMatch(item -> kind(item) != kind)) {
      throw new BadInputException(
          file.toString(),
          "some rows are to be chosen from and some to be written",
          "put them into two files");
    }
    StringBuilder before = new StringBuilder();
    for (TaskItem shot : items.subList(0, shots)) {
      before.append(shot.prompt()).append(shot.rightText()).append("\n\n");
    }
    return new Task(
        name.substring(0, name.length() - ENDING.length()),
        kind,
        items.subList(shots, items.size()).stream()
            .map(item -> item.after(before.toString()))
            .toList());
  }

  private static Task.Kind kind(TaskItem item) {
    return switch (item) {
      case TaskItem.Choice _ -> Task.Kind.MULTIPLE_CHOICE;
      case TaskItem.Open _ -> Task.Kind.GENERATE;
    };
  }

  private static List<TaskItem> items(Path file, long most) {
    List<TaskItem> items = new ArrayList<>();
    try (BufferedReader lines = Files.newBufferedReader(file)) {
      int number = 0;
      for (String line = lines.readLine();
          line != null && items.size() < most;
          line = lines.readLine()) {
        number++;
        if (!line.isBlank()) {
          String where = file + " line " + number;
          items.add(TaskRow.item(where, Json.readObject(where, line)));
        }
      }
      return items;
    } catch (CharacterCodingException e) {
      throw new BadInputException(
          file.toString(), "not UTF-8 text", "convert the file to UTF-8", e);
    } catch (IOException e) {
      throw new BadInputException(
          file.toString(), "cannot be read: " + e.getMessage(), "check its permissions", e);
    }
  }
}
