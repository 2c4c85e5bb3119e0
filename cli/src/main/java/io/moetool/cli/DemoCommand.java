package io.moetool.cli;

import io.moetool.formats.BadInputException;
import io.moetool.formats.EnvironmentException;
import io.moetool.formats.json.Json;
import io.moetool.formats.publish.OutputTarget;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Runs the other commands one after the other on the bundled model. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    customSynopsis = "moetool demo [-o DIR] [OPTIONS]",
    description =
        "The whole story on the bundled model, offline, in about a minute: inspect, analyze, plan,"
            + " prune and merge to half the experts, verify, evaluate, export, and validate on ONNX"
            + " Runtime."
            + " Shows every command it runs.")
final class DemoCommand implements Callable<Integer> {
  @Mixin private CommonOptions common;

  @Spec private CommandSpec spec;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "DIR",
      description = "New folder for all results (default: ${DEFAULT-VALUE}).",
      defaultValue = "moetool-demo")
  private Path output = Path.of("");

  private final ArrayNode steps = Json.object().putArray("steps");

  @Override
  public Integer call() throws IOException {
    Console console = common.console();
    Path examples = examples();
    OutputTarget.check(output, List.of(examples));
    long start = System.nanoTime();
    for (DemoStep step : DemoStep.all(examples, output)) {
      int code = run(console, step);
      if (code != ExitCode.OK.value()) {
        removeOutput();
        return code;
      }
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    ObjectNode document = Json.object();
    document.put("output", output.toString());
    document.set("steps", steps);
    document.put("seconds", seconds);
    console.result(document, () -> DemoStep.whereToLook(output, seconds, console.ink()));
    return ExitCode.OK.value();
  }

  private int run(Console console, DemoStep step) {
    console.part(
        "%s\n$ %s\n"
            .formatted(console.ink().bold(step.title()), String.join(" ", step.commandLine())));
    StringWriter document = new StringWriter();
    PrintWriter out = console.isJson() ? new PrintWriter(document) : spec.commandLine().getOut();
    List<String> arguments = new ArrayList<>(step.arguments());
    arguments.addAll(common.passedOn());
    long start = System.nanoTime();
    int code =
        Moetool.run(
            common.environment(),
            out,
            spec.commandLine().getErr(),
            arguments.toArray(String[]::new));
    double seconds = (System.nanoTime() - start) / 1e9;
    console.part("  [%s]\n\n".formatted(EvaluationText.seconds(seconds)));
    if (console.isJson() && code == ExitCode.OK.value()) {
      ObjectNode entry = steps.addObject();
      entry.put("command", step.arguments().getFirst());
      entry.put("seconds", seconds);
      entry.set("result", Json.readObject(step.title(), document.toString()));
    }
    return code;
  }

  private Path examples() {
    Path home =
        common
            .environment()
            .home()
            .orElseThrow(() ->
                new EnvironmentException(
                    "the bundled model",
                    "this way of starting moetool does not say where it is",
                    "start moetool with its launcher, or with -Dmoetool.home=FOLDER"));
    Path examples = home.resolve("examples");
    if (!Files.isDirectory(examples)) {
      throw new BadInputException(
          examples.toString(), "there are no examples", "unpack the distribution again");
    }
    Path here = Path.of("").toAbsolutePath();
    Path absolute = examples.toAbsolutePath().normalize();
    return absolute.startsWith(here) ? here.relativize(absolute) : absolute;
  }

  /** What the first steps wrote is no demonstration. */
  private void removeOutput() throws IOException {
    if (!Files.exists(output)) {
      return;
    }
    try (Stream<Path> files = Files.walk(output)) {
      for (Path file : files.toList().reversed()) {
        Files.delete(file);
      }
    }
  }
}
