package io.moetool.cli;

import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command {@code moetool}: its subcommands, and what happens when one of them fails. */
@Command(
    name = "moetool",
    mixinStandardHelpOptions = true,
    versionProvider = VersionText.class,
    description =
        "A toolchain for mixture-of-experts checkpoints: look inside, find out which experts"
            + " matter, remove or merge the others, export to ONNX, and measure what it cost.",
    subcommands = {
      DemoCommand.class,
      InspectCommand.class,
      AnalyzeCommand.class,
      PlanCommand.class,
      PruneCommand.class,
      MergeCommand.class,
      CompressCommand.class,
      ConvertCommand.class,
      EvaluateCommand.class,
      ValidateCommand.class,
      GenerateCommand.class,
      VerifyCommand.class,
      StatisticsCommand.class,
      GenerateCompletion.class
    },
    synopsisSubcommandLabel = "COMMAND",
    commandListHeading = "%nCommands:%n",
    footer = {
      "",
      "MODEL is a Hugging Face checkpoint folder, a .safetensors file beside its"
          + " config.json, or an ONNX model. 'moetool COMMAND --help' explains a command."
    })
final class Moetool implements Runnable {
  private final Environment environment;

  @Spec private CommandSpec spec;

  Moetool(Environment environment) {
    this.environment = environment;
  }

  Environment environment() {
    return environment;
  }

  public static void main(String[] arguments) {
    // Warnings of libraries, one line each; the JDK's default is two.
    System.setProperty("java.util.logging.SimpleFormatter.format", "moetool: %5$s%6$s%n");
    StandardOutput standardOutput = new StandardOutput();
    PrintWriter out =
        new PrintWriter(new OutputStreamWriter(standardOutput, StandardCharsets.UTF_8), false);
    PrintWriter err = new PrintWriter(System.err, true, System.err.charset());
    int code = run(Environment.detect(), out, err, arguments);
    out.flush();
    Optional<IOException> unwritten = standardOutput.failure();
    if (unwritten.isPresent() && code == ExitCode.OK.value()) {
      err.println(
          "moetool: standard output: " + unwritten.get().getMessage() + "\n  check where it goes");
      code = ExitCode.ENVIRONMENT.value();
    }
    System.exit(code);
  }

  /** Runs a command line and says with which code the process should end. */
  static int run(Environment environment, PrintWriter out, PrintWriter err, String... arguments) {
    CommandLine line = commandLine(environment).setOut(out).setErr(err);
    try {
      return line.execute(arguments);
    } catch (Error e) {
      // The option parser hands over exceptions only; a missing library arrives as an error.
      return fail(err, e, List.of(arguments).contains("--verbose"));
    }
  }

  private static CommandLine commandLine(Environment environment) {
    CommandLine line = new CommandLine(new Moetool(environment));
    line.setColorScheme(Help.defaultColorScheme(environment.colour() ? Ansi.ON : Ansi.OFF));
    line.setUsageHelpWidth(Math.clamp(environment.columns(), 80, 120));
    line.setParameterExceptionHandler(Moetool::wrongUsage);
    line.setExecutionExceptionHandler(
        (failure, command, _) -> fail(command.getErr(), failure, isVerbose(command)));
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.getSubcommands().values().forEach(Moetool::describe);
    describe(line);
    return line;
  }

  private static void describe(CommandLine line) {
    line.getCommandSpec()
        .usageMessage()
        .descriptionHeading("%n")
        .parameterListHeading("%n")
        .optionListHeading(line.getCommandSpec().positionalParameters().isEmpty() ? "%n" : "")
        .exitCodeListHeading("%nExit codes:%n")
        .exitCodeList(ExitCode.descriptions());
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "name a command");
  }

  private static int wrongUsage(ParameterException failure, String[] arguments) {
    CommandLine line = failure.getCommandLine();
    PrintWriter err = line.getErr();
    String problem = failure.getMessage();
    if (failure instanceof UnmatchedArgumentException unmatched) {
      if (line.getParent() == null && !unmatched.isUnknownOption()) {
        problem = "'%s' is no command".formatted(unmatched.getUnmatched().getFirst());
      }
      problem += alternatives(unmatched.getSuggestions());
    }
    err.println("moetool: " + problem);
    err.println("  see '" + line.getCommandSpec().qualifiedName() + " --help'");
    return ExitCode.USAGE.value();
  }

  private static String alternatives(List<String> suggestions) {
    return suggestions.isEmpty() ? "" : "; did you mean " + String.join(" or ", suggestions) + "?";
  }

  private static boolean isVerbose(CommandLine command) {
    return command.getMixins().values().stream()
        .anyMatch(mixin -> mixin instanceof CommonOptions common && common.isVerbose());
  }

  private static int fail(PrintWriter err, Throwable failure, boolean verbose) {
    err.println(FailureMessage.of(failure, verbose));
    err.flush();
    return ExitCode.of(failure).value();
  }
}
