package io.moetool.cli;

import io.moetool.analyzers.inspect.Inspection;
import io.moetool.analyzers.inspect.Inspector;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Shows what a checkpoint is, from its headers. */
@Command(
    name = "inspect",
    mixinStandardHelpOptions = true,
    description =
        "Show what a checkpoint is, from headers alone: layers, experts, sizes by role, element"
            + " types, active parameters, disagreements between config and tensors, and where a"
            + " checkpoint of this shape loads.")
final class InspectCommand implements Callable<Integer> {
  @Mixin private CommonOptions common;

  @Parameters(
      index = "0",
      paramLabel = "MODEL",
      description = "Checkpoint folder, or a .safetensors file beside its config.")
  private Path model;

  @Override
  public Integer call() {
    Console console = common.console();
    try (SourceCheckpoint source = SourceCheckpoint.open(model, "inspect", console)) {
      Inspection inspection =
          new Inspector(source.architecture(), source.tensors())
              .inspect(source.fingerprint(), source.findings());
      InspectionText text = new InspectionText(model, inspection, console.ink());
      console.result(InspectionText.document(inspection), text::render);
    }
    return ExitCode.OK.value();
  }
}
