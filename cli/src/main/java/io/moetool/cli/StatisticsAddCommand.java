package io.moetool.cli;

import io.moetool.analyzers.Analysis;
import io.moetool.analyzers.Analyzer;
import io.moetool.analyzers.statistics.Statistics;
import io.moetool.analyzers.statistics.StatisticsFile;
import io.moetool.formats.publish.Leftover;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Adds up what was measured on disjoint data. */
@Command(
    name = "add",
    mixinStandardHelpOptions = true,
    customSynopsis = "moetool statistics add DIR DIR... -o DIR [OPTIONS]",
    description = {
      "Add up what was measured on different data, of one model: the same as one pass over all of"
          + " it, in this order. Data that is counted already is refused. Of samples only sums"
          + " remain; CKA, naee, ranked_choice and the damage forecast ask for one pass over all"
          + " data."
    })
final class StatisticsAddCommand implements Callable<Integer> {
  @Mixin private CommonOptions common;

  @Parameters(
      paramLabel = "DIR",
      arity = "2..*",
      description = "Folder that analyze wrote, or its statistics.safetensors.")
  private List<Path> inputs = new ArrayList<>();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "DIR",
      required = true,
      description = "New folder; an earlier analysis there is replaced.")
  private Path output = Path.of("");

  @Override
  public Integer call() {
    Console console = common.console();
    try (AnalysisFolder folder = AnalysisFolder.begin(output, List.of(), Leftover.REFUSE)) {
      Statistics sum = StatisticsFile.read(inputs.getFirst());
      for (Path input : inputs.subList(1, inputs.size())) {
        sum = sum.plus(StatisticsFile.read(input));
      }
      Statistics statistics = sum;
      Analysis analysis = Analyzer.analyze(statistics);
      folder.write(statistics, analysis);
      analysis.warnings().forEach(console::warn);
      console.result(analysis, () -> AnalysisText.render(output, analysis, console.ink()));
    }
    return ExitCode.OK.value();
  }
}
