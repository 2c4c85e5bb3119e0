package io.moetool.cli;

import io.moetool.runtime.run.WorkPool;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.verify.Verification;
import io.moetool.transforms.verify.Verifier;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Checks an output against its manifest. */
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    customSynopsis = "moetool verify OUT [--source MODEL] [OPTIONS]",
    description =
        "Re-read an output: hashes of all files and tensors, config against tensors; with the"
            + " source, which tensors are byte-identical. What does not hold ends with exit code"
            + " 4.")
final class VerifyCommand implements Callable<Integer> {
  @Mixin private CommonOptions common;

  @Mixin private FamilyOption family;

  @Parameters(index = "0", paramLabel = "OUT", description = "Folder that moetool wrote.")
  private Path output = Path.of("");

  @Option(names = "--source", paramLabel = "MODEL", description = "What it was made from.")
  private Optional<Path> source = Optional.empty();

  @Override
  public Integer call() {
    Console console = common.console();
    Verifier verifier =
        new Verifier(family.catalog(), console.progress().bytes("reading " + output));
    Verification verification = verify(verifier);
    console.result(
        FindingText.document(verification, verification.findings()),
        () -> render(verification, console.ink()));
    return (verification.passed() ? ExitCode.OK : ExitCode.CHECK).value();
  }

  private Verification verify(Verifier verifier) {
    if (source.isEmpty()) {
      return verifier.verify(output);
    }
    try (SourceModel opened = SourceModel.open(source.get(), family.catalog());
        WorkPool pool = new WorkPool(common.threads())) {
      return verifier.verify(output, opened, pool);
    }
  }

  private String render(Verification verification, Console.Ink ink) {
    String verdict = verification.passed() ? ink.green("is sound") : ink.red("is NOT sound");
    String text =
        "%s %s: %d files, %d tensors, %s\n"
            .formatted(
                ink.bold(verification.output()),
                verdict,
                verification.files(),
                verification.tensors(),
                Amounts.bytes(verification.bytes()));
    if (verification.source().isPresent()) {
      Verification.SourceComparison compared = verification.source().get();
      text +=
          "  against %s: %d tensors byte-identical (%d of them renamed), %d cut from it%s%s, %d unproven\n"
              .formatted(
                  source.map(Path::toString).orElse(""),
                  compared.identical(),
                  compared.renamed(),
                  compared.changed().size(),
                  compared.computed().isEmpty()
                      ? ""
                      : ", %d merged and computed again".formatted(compared.computed().size()),
                  compared.fitted().isEmpty()
                      ? ""
                      : ", %d fitted on data, whose hashes agree"
                          .formatted(compared.fitted().size()),
                  compared.unproven().size());
    }
    return text + FindingText.lines(verification.findings(), ink);
  }
}
