package io.moetool.maven;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

@SuppressWarnings("UnusedVariable") // fields are read by their annotations
class CommandArgumentsTest {
  private static final Path DIRECTORY = Path.of("/project");

  private static class Base {
    @ToolOption(value = "--threads", role = Role.MANNER)
    final Integer threads = 2;
  }

  private static final class Goal extends Base {
    @ToolArgument(1)
    final File candidate = new File("/elsewhere/model");

    @ToolArgument(0)
    final File base = new File("/project/-model");

    @ToolOption(value = "--data", role = Role.INPUT)
    final List<File> data = List.of(new File("/project/a.txt"), new File("/project/b.txt"));

    @ToolOption(value = "--output", role = Role.OUTPUT)
    final File output = new File("/project/target/out");

    @ToolOption("--dry-run")
    final boolean dryRun = false;

    @ToolOption(value = "--protect-super-experts", negatable = true)
    final Boolean protect = false;

    @ToolOption("--keep")
    final @Nullable Integer keep = null;

    @ToolOption("--max-kl")
    final Double maxKl = 0.25;
  }

  private final CommandArguments arguments = CommandArguments.of(new Goal(), DIRECTORY);

  @Test
  void whatIsSetIsPassedAndWhatIsNotIsLeftOut() {
    assertThat(arguments.all())
        .containsExactly(
            "/project/-model",
            "/elsewhere/model",
            "--threads",
            "2",
            "--data",
            "a.txt",
            "--data",
            "b.txt",
            "--output",
            "target/out",
            "--no-protect-super-experts",
            "--max-kl",
            "0.25");
  }

  @Test
  void aStepRunsAgainForSettingsAndFilesButNotForItsManner() {
    assertThat(arguments.settings()).contains("--max-kl", "a.txt").doesNotContain("--threads");
    assertThat(arguments.inputs())
        .containsExactlyInAnyOrder(
            Path.of("/project/-model"),
            Path.of("/elsewhere/model"),
            Path.of("/project/a.txt"),
            Path.of("/project/b.txt"));
    assertThat(arguments.outputs()).containsExactly(Path.of("/project/target/out"));
  }
}
