package io.moetool.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MoetoolTest {
  @Test
  void helpListsCommandsAndExitCodes() {
    Run run = Run.of("--help");

    assertThat(run.code()).isZero();
    assertThat(run.out())
        .contains("Usage: moetool")
        .contains("inspect")
        .contains("3   bad input: malformed, inconsistent or unsupported model, data or plan");
    assertThat(run.err()).isEmpty();
  }

  @Test
  void versionNamesToolJdkAndOnnxRuntime() {
    assertThat(Run.of("--version").out())
        .matches("(?s)moetool .*\\nJDK 25.*\\nONNX Runtime \\d+\\.\\d+\\.\\d+\\n.*");
  }

  @Test
  void anUnknownCommandIsWrongUsage() {
    assertThat(Run.of("inspct"))
        .isEqualTo(
            new Run(
                2,
                "",
                """
                moetool: 'inspct' is no command; did you mean inspect?
                  see 'moetool --help'
                """));
  }

  @Test
  void noCommandIsWrongUsage() {
    assertThat(Run.of())
        .isEqualTo(new Run(2, "", "moetool: name a command\n  see 'moetool --help'\n"));
  }

  @Test
  void anUnknownOptionIsWrongUsage() {
    assertThat(Run.of("inspect", "--jsom", Run.BUNDLED))
        .isEqualTo(
            new Run(
                2,
                "",
                """
                moetool: Unknown option: '--jsom'; did you mean --json?
                  see 'moetool inspect --help'
                """));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "inspect",
        "analyze",
        "plan",
        "prune",
        "merge",
        "compress",
        "convert",
        "evaluate",
        "validate",
        "verify",
        "demo"
      })
  void everyCommandExplainsItself(String command) {
    Run run = Run.of(command, "--help");

    assertThat(run.code()).isZero();
    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .startsWith("Usage: moetool " + command + " ")
        .contains("--json", "--quiet", "--verbose", "--threads", "Exit codes:")
        .doesNotContain("%n", "%%", "\u001b");
    assertThat(run.out().lines()).allMatch(line -> line.length() <= 80);
  }

  @Test
  void aSummaryIsTheDocumentBesideTheText(@TempDir Path folder) throws IOException {
    Path summary = folder.resolve("inspect.json");

    Run text = Run.of("inspect", Run.BUNDLED, "--summary", summary);

    assertThat(text.out()).isEqualTo(Run.of("inspect", Run.BUNDLED).out());
    assertThat(summary).content().isEqualTo(Run.of("inspect", Run.BUNDLED, "--json").out());
  }

  @Test
  void completionIsAShellScript() {
    assertThat(Run.of("generate-completion").out())
        .startsWith("#!/usr/bin/env bash")
        .contains("inspect");
  }
}
