package io.moetool.cli;

import io.moetool.analyzers.statistics.Statistics;
import io.moetool.formats.BadInputException;
import io.moetool.runtime.run.WorkPool;
import io.moetool.transforms.SoundCheckpoint;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.plan.Plan;
import io.moetool.transforms.plan.PlanFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Decides which experts go, and writes the decision down. */
@Command(
    name = "plan",
    mixinStandardHelpOptions = true,
    customSynopsis = {
      "moetool plan MODEL [--statistics DIR] --method M",
      "         (--keep N | --remove 50%%) -o plan.json [OPTIONS]"
    },
    description =
        "Decide which experts go and write the decision to plan.json, for people to read, edit and"
            + " approve. No weight is changed. The same inputs give the same bytes.")
final class PlanCommand implements Callable<Integer> {
  @Mixin private CommonOptions common;

  @Mixin private ModelArgument model;

  @Option(
      names = "--statistics",
      paramLabel = "DIR",
      description = "What analyze wrote. Methods that need weights alone can do without.")
  private Optional<Path> statistics = Optional.empty();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "plan.json",
      required = true,
      description = "File to write; an earlier plan of that name is replaced.")
  private Path output = Path.of("");

  @ArgGroup(validate = false, heading = "%nThe decision:%n")
  private DecisionOptions decision = new DecisionOptions();

  @Override
  public Integer call() {
    Console console = common.console();
    decision.requireMethod(common);
    Deciding deciding = new Deciding(common, decision);
    deciding.requireComplete();
    if (statistics.isEmpty()) {
      decision.refuseWithoutData(common);
      if (deciding.needsData()) {
        throw common.usage("this method needs data: name what analyze wrote with --statistics DIR");
      }
    }
    try (SourceModel source = model.open(console);
        WorkPool pool = new WorkPool(common.threads())) {
      requireWritable(source);
      SoundCheckpoint.require(source.architecture(), source.tensors());
      Plan plan =
          deciding.plan(
              source,
              statistics.map(Path::toString).orElse("weights of " + model.path()),
              measured(source, pool, console));
      PlanFile.write(plan, output);
      plan.warnings().forEach(console::warn);
      console.result(plan, () -> PlanText.render(output, plan, console.ink()));
    }
    return ExitCode.OK.value();
  }

  private Statistics measured(SourceModel source, WorkPool pool, Console console) {
    return statistics.isPresent()
        ? Deciding.read(statistics.get(), source)
        : new Measuring(source, pool, console.progress().steps()).weights();
  }

  /** A plan may replace a plan, and nothing else; and nothing is ever written into a source. */
  private void requireWritable(SourceModel source) {
    Path target = output.toAbsolutePath().normalize();
    if (target.startsWith(source.tensors().folder().toAbsolutePath().normalize())) {
      throw new BadInputException(
          output.toString(),
          "lies inside the source " + source.tensors().folder(),
          "choose a file outside it; sources are never written to");
    }
    if (Files.exists(target)) {
      try {
        PlanFile.read(target);
      } catch (BadInputException e) {
        throw new BadInputException(
            output.toString(), "exists and is no plan", "choose another file or remove it", e);
      }
    }
  }
}
