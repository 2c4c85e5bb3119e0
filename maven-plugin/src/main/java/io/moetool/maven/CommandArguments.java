package io.moetool.maven;

import java.io.File;
import java.lang.reflect.Field;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A goal's parameters as arguments of the command line. A parameter reaches the tool by its
 * annotation alone, so none can be declared and then forgotten.
 */
final class CommandArguments {
  private final Path directory;
  private final Map<Integer, String> positional = new TreeMap<>();
  private final List<String> options = new ArrayList<>();
  private final List<String> settings = new ArrayList<>();
  private final List<Path> inputs = new ArrayList<>();
  private final List<Path> outputs = new ArrayList<>();

  private CommandArguments(Path directory) {
    this.directory = directory;
  }

  /**
   * Reads the parameters of a goal.
   *
   * @param goal object whose fields are annotated with {@link ToolOption} or {@link ToolArgument}
   * @param directory where the tool will run; paths below it are passed relative to it
   */
  static CommandArguments of(Object goal, Path directory) {
    CommandArguments arguments = new CommandArguments(directory);
    for (Field field : parameters(goal.getClass())) {
      Object value = valueOf(field, goal);
      if (value != null) {
        arguments.add(field, value);
      }
    }
    return arguments;
  }

  /** The fields that are passed to the tool, those of super classes first. */
  static List<Field> parameters(Class<?> goal) {
    Deque<Class<?>> classes = new ArrayDeque<>();
    for (Class<?> type = goal; type != null; type = type.getSuperclass()) {
      classes.push(type);
    }
    List<Field> fields = new ArrayList<>();
    for (Class<?> type : classes) {
      for (Field field : type.getDeclaredFields()) {
        if (field.isAnnotationPresent(ToolOption.class)
            || field.isAnnotationPresent(ToolArgument.class)) {
          fields.add(field);
        }
      }
    }
    return fields;
  }

  /** Everything in the order in which it is passed, without the command's name. */
  List<String> all() {
    List<String> all = new ArrayList<>(positional.values());
    all.addAll(options);
    return all;
  }

  /** What makes another result when it changes: all but how the result is reached. */
  List<String> settings() {
    return settings;
  }

  /** Files and folders that are read. */
  List<Path> inputs() {
    return inputs;
  }

  /** Files and folders that are written. */
  List<Path> outputs() {
    return outputs;
  }

  private void add(Field field, Object value) {
    ToolArgument argument = field.getAnnotation(ToolArgument.class);
    if (argument != null) {
      positional.put(argument.value(), text(value));
      settings.add(argument.value() + "=" + text(value));
      note(Role.INPUT, value);
      return;
    }
    ToolOption option = field.getAnnotation(ToolOption.class);
    List<?> values = value instanceof List<?> list ? list : List.of(value);
    for (Object single : values) {
      List<String> passed = passed(option, single);
      options.addAll(passed);
      if (option.role() != Role.MANNER) {
        settings.addAll(passed);
      }
      note(option.role(), single);
    }
  }

  private List<String> passed(ToolOption option, Object value) {
    if (value instanceof Boolean given) {
      if (given) {
        return List.of(option.value());
      }
      return option.negatable() ? List.of("--no-" + option.value().substring(2)) : List.of();
    }
    return List.of(option.value(), text(value));
  }

  private void note(Role role, Object value) {
    if (role == Role.INPUT || role == Role.OUTPUT) {
      Path path = value instanceof File file ? file.toPath() : directory.resolve(value.toString());
      (role == Role.INPUT ? inputs : outputs).add(path);
    }
  }

  private String text(Object value) {
    if (!(value instanceof File file)) {
      return value.toString();
    }
    Path path = file.toPath().toAbsolutePath().normalize();
    if (!path.startsWith(directory) || path.equals(directory)) {
      return path.toString();
    }
    String relative = directory.relativize(path).toString();
    // The tool would take these for an option or for a file of arguments.
    return relative.startsWith("-") || relative.startsWith("@") ? path.toString() : relative;
  }

  private static @Nullable Object valueOf(Field field, Object goal) {
    try {
      field.setAccessible(true);
      return field.get(goal);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException("a class may read its own fields", e);
    }
  }
}
