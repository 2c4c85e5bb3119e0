package io.moetool.cli;

import io.moetool.analyzers.Analyzer;
import io.moetool.analyzers.report.Report;
import io.moetool.analyzers.statistics.Statistics;
import io.moetool.analyzers.statistics.StatisticsFile;
import io.moetool.formats.BadInputException;
import io.moetool.transforms.plan.Plan;
import io.moetool.transforms.plan.PlanFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Draws the report again, with what a plan keeps. */
@Command(
    name = "report",
    mixinStandardHelpOptions = true,
    customSynopsis = "moetool statistics report DIR [--plan FILE] -o FILE [OPTIONS]",
    description =
        "Write report.html again from what analyze measured; with a plan, it shows which experts"
            + " are kept and which go.")
final class StatisticsReportCommand implements Callable<Integer> {
  @Mixin private CommonOptions common;

  @Parameters(
      index = "0",
      paramLabel = "DIR",
      description = "Folder that analyze wrote, or its statistics.safetensors.")
  private Path input = Path.of("");

  @Option(
      names = "--plan",
      paramLabel = "FILE",
      description = "Plan for the same model: its kept and dropped experts are shown.")
  private Optional<Path> plan = Optional.empty();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      required = true,
      description = "Page to write; an earlier one is replaced.")
  private Path output = Path.of("");

  /** What is printed with {@code --json}. */
  record Written(Path output) {}

  @Override
  public Integer call() {
    Console console = common.console();
    Statistics statistics = StatisticsFile.read(input);
    Report.write(
        output,
        Analyzer.analyze(statistics),
        statistics,
        plan.map(file -> kept(file, statistics)).orElse(Map.of()));
    console.result(
        new Written(output), () -> "%s\n".formatted(console.ink().bold(output.toString())));
    return ExitCode.OK.value();
  }

  private static Map<Integer, List<Integer>> kept(Path file, Statistics statistics) {
    Plan read = PlanFile.read(file);
    if (!read.source().fingerprint().equals(statistics.model().fingerprint())) {
      throw new BadInputException(
          file.toString(),
          "the plan is for another model (%s; the statistics are of %s)"
              .formatted(read.source().fingerprint(), statistics.model().fingerprint()),
          "name a plan that was made for this model");
    }
    read.kept()
        .forEach((layer, experts) -> {
          if (!statistics.model().moeLayers().contains(layer)
              || experts.stream().anyMatch(e -> e < 0 || e >= statistics.model().experts())) {
            throw new BadInputException(
                "%s, layer %d".formatted(file, layer),
                "it names a layer or an expert that the model does not have",
                "make the plan again");
          }
        });
    return read.kept();
  }
}
