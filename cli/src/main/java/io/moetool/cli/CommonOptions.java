package io.moetool.cli;

import io.moetool.cli.Progress.Style;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Options that every command has. */
final class CommonOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(names = "--json", description = "Print exactly one JSON document on standard output.")
  private boolean json;

  @Option(
      names = "--summary",
      paramLabel = "FILE",
      description = "Also write the JSON document to this file, which is replaced.")
  private Optional<Path> summary = Optional.empty();

  @Option(
      names = {"-q", "--quiet"},
      description = "No progress and no warnings on standard error.")
  private boolean quiet;

  @Option(
      names = {"-v", "--verbose"},
      description = "Show stack traces of errors.")
  private boolean verbose;

  @SuppressWarnings("UnusedMethod")
  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Use at most this many threads (default: all processors).")
  private void setThreads(int threads) {
    if (threads < 1) {
      throw new ParameterException(command.commandLine(), "--threads must be at least 1");
    }
    this.threads = threads;
  }

  private int threads = Runtime.getRuntime().availableProcessors();

  int threads() {
    return threads;
  }

  boolean isVerbose() {
    return verbose;
  }

  /** These options as arguments of a command that is run on behalf of this one. */
  List<String> passedOn() {
    List<String> arguments = new ArrayList<>(List.of("--threads", Integer.toString(threads)));
    if (json) {
      arguments.add("--json");
    }
    if (quiet) {
      arguments.add("--quiet");
    }
    if (verbose) {
      arguments.add("--verbose");
    }
    return arguments;
  }

  /** Where the command shows what it has to say. */
  Console console() {
    CommandLine line = command.commandLine();
    Environment environment = environment();
    Style style = quiet ? Style.SILENT : environment.bar() ? Style.BAR : Style.LINES;
    return new Console(
        line.getOut(),
        line.getErr(),
        json,
        summary,
        quiet,
        new Progress(line.getErr(), style, environment.columns(), System::nanoTime),
        new Console.Ink(environment.colour() && !json));
  }

  Environment environment() {
    return ((Moetool) command.root().userObject()).environment();
  }

  /** A wrong use of the command that the option parser cannot see. */
  ParameterException usage(String problem) {
    return new ParameterException(command.commandLine(), problem);
  }
}
