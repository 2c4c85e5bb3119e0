package io.moetool.maven;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Field;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * Holds the goals against the tool's own description of its commands: an option that is added there
 * and not here fails the build.
 */
class OptionParityTest {
  /** Commands without a goal, and why. */
  private static final Map<String, String> COMMANDS_WITHOUT_GOAL =
      Map.of(
          "demo", "shows the tool to people",
          "generate", "shows text for people to judge; a build judges by validate",
          "statistics", "joins passes of several machines, which is no step of one build",
          "generate-completion", "serves shells");

  /** Options without a parameter, and why. */
  private static final Map<String, String> OPTIONS_WITHOUT_PARAMETER =
      Map.of(
          "--help", "the goal help explains the parameters",
          "--version", "the plugin's version is the tool's",
          "--json", "the log shows text; the document is always written",
          "--summary", "the plugin says where, and reads it",
          "--quiet", "Maven's own --quiet does it");

  private static Map<String, Goal> goals = Map.of();

  private record Goal(Class<?> type, Map<String, String> descriptions) {}

  @BeforeAll
  static void readDescriptor() throws Exception {
    goals = new TreeMap<>();
    NodeList mojos =
        DocumentBuilderFactory.newDefaultInstance()
            .newDocumentBuilder()
            .parse(Path.of("target/classes/META-INF/maven/plugin.xml").toFile())
            .getElementsByTagName("mojo");
    for (int i = 0; i < mojos.getLength(); i++) {
      Element mojo = (Element) mojos.item(i);
      Map<String, String> descriptions = new TreeMap<>();
      NodeList parameters = mojo.getElementsByTagName("parameter");
      for (int j = 0; j < parameters.getLength(); j++) {
        Element parameter = (Element) parameters.item(j);
        descriptions.put(text(parameter, "name"), text(parameter, "description"));
      }
      goals.put(
          text(mojo, "goal"), new Goal(Class.forName(text(mojo, "implementation")), descriptions));
    }
  }

  @Test
  void everyCommandIsAGoal() throws ReflectiveOperationException {
    List<String> missing = new ArrayList<>(commands().keySet());
    missing.removeAll(COMMANDS_WITHOUT_GOAL.keySet());
    missing.removeAll(goals.keySet());

    assertThat(missing).isEmpty();
    assertThat(commands().keySet()).containsAll(COMMANDS_WITHOUT_GOAL.keySet());
  }

  @Test
  void everyOptionIsADocumentedParameter() throws ReflectiveOperationException {
    List<String> problems = new ArrayList<>();
    for (Map.Entry<String, CommandSpec> command : commands().entrySet()) {
      Goal goal = goals.get(command.getKey());
      if (goal == null) {
        continue;
      }
      for (OptionSpec option : command.getValue().options()) {
        if (!OPTIONS_WITHOUT_PARAMETER.containsKey(option.longestName())) {
          problem(goal, option)
              .ifPresent(problem ->
                  problems.add(
                      "goal %s, option %s: %s"
                          .formatted(command.getKey(), option.longestName(), problem)));
        }
      }
      for (PositionalParamSpec argument : command.getValue().positionalParameters()) {
        if (positional(goal, argument.index().min()).isEmpty()) {
          problems.add(
              "goal %s, argument %s: has no parameter"
                  .formatted(command.getKey(), argument.paramLabel()));
        }
      }
    }

    assertThat(problems).isEmpty();
  }

  @Test
  void everyParameterThatIsPassedIsAnOption() throws ReflectiveOperationException {
    List<String> problems = new ArrayList<>();
    for (Map.Entry<String, Goal> goal : goals.entrySet()) {
      for (Field field : CommandArguments.parameters(goal.getValue().type())) {
        CommandSpec command = commands().get(goal.getKey());
        ToolOption option = field.getAnnotation(ToolOption.class);
        if (command == null
            || (option != null
                && command.options().stream()
                    .noneMatch(known -> known.longestName().equals(option.value())))) {
          problems.add("goal %s, parameter %s".formatted(goal.getKey(), field.getName()));
        }
      }
    }

    assertThat(problems).isEmpty();
  }

  private static Optional<String> problem(Goal goal, OptionSpec option) {
    Optional<Field> found =
        CommandArguments.parameters(goal.type()).stream()
            .filter(field -> field.isAnnotationPresent(ToolOption.class))
            .filter(
                field -> field.getAnnotation(ToolOption.class).value().equals(option.longestName()))
            .findFirst();
    if (found.isEmpty()) {
      return Optional.of("has no parameter");
    }
    ToolOption passed = found.get().getAnnotation(ToolOption.class);
    String name = found.get().getName();
    if (!name.equals(camelCase(option.longestName()))) {
      return Optional.of("is called " + name);
    }
    if (passed.negatable() != option.negatable()) {
      return Optional.of("is negatable here or there only");
    }
    if (isPath(option) && passed.role() != Role.INPUT && passed.role() != Role.OUTPUT) {
      return Optional.of("is a path, and a change of what it names goes unnoticed");
    }
    if (!goal.descriptions().containsKey(name)) {
      return Optional.of("is no parameter of the plugin's descriptor");
    }
    return goal.descriptions().getOrDefault(name, "").isBlank()
        ? Optional.of("is not documented")
        : Optional.empty();
  }

  private static Optional<Field> positional(Goal goal, int index) {
    return CommandArguments.parameters(goal.type()).stream()
        .filter(field -> field.isAnnotationPresent(ToolArgument.class))
        .filter(field -> field.getAnnotation(ToolArgument.class).value() == index)
        .findFirst();
  }

  private static boolean isPath(ArgSpec option) {
    return List.of(option.auxiliaryTypes()).contains(Path.class);
  }

  private static String camelCase(String option) {
    return Pattern.compile("-([a-z0-9])")
        .matcher(option.substring(2))
        .replaceAll(match -> match.group(1).toUpperCase(Locale.ROOT));
  }

  /** Read by reflection: the tool's classes are newer than what this module is compiled for. */
  private static Map<String, CommandSpec> commands() throws ReflectiveOperationException {
    Map<String, CommandSpec> commands = new TreeMap<>();
    Command tool = Class.forName("io.moetool.cli.Moetool").getAnnotation(Command.class);
    for (Class<?> command : tool.subcommands()) {
      CommandSpec spec = CommandSpec.forAnnotatedObject(command);
      commands.put(spec.name(), spec);
    }
    return commands;
  }

  private static String text(Element parent, String child) {
    for (Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
      if (node.getNodeName().equals(child)) {
        return node.getTextContent();
      }
    }
    return "";
  }
}
