package io.moetool.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class PlanCommandTest {
  private static final Path MODEL = Golden.model("qwen3-moe");

  @TempDir private Path folder;

  private Path statistics() {
    Path out = folder.resolve("analysis");
    Run.of("analyze", MODEL, "--data", Golden.data("qwen3-moe", folder), "-o", out);
    return out;
  }

  @Test
  void theSameInputsGiveTheSameBytes() throws IOException {
    Path statistics = statistics();
    Path first = folder.resolve("first.json");
    Path second = folder.resolve("second.json");

    Run.of("plan", MODEL, "--statistics", statistics, "--method", "reap", "--keep", 4, "-o", first);
    Run.of(
        "plan",
        MODEL,
        "--statistics",
        statistics,
        "--method",
        "reap",
        "--remove",
        "50%",
        "-o",
        second,
        "--threads",
        1);

    assertThat(Files.readString(second))
        .isEqualTo(Files.readString(first).replace("\"keep 4\"", "\"remove 50%\""));
  }

  @Test
  void jsonIsThePlan() throws IOException {
    Path out = folder.resolve("plan.json");

    Run run =
        Run.of(
            "plan",
            MODEL,
            "--statistics",
            statistics(),
            "--method",
            "reap",
            "--keep",
            4,
            "-o",
            out,
            "--json");

    assertThat(run.code()).isZero();
    assertThat(run.out()).isEqualTo(Files.readString(out));
    JsonNode layer = run.json().get("layers").get(0);
    assertThat(layer.get("kept")).hasSize(4);
    assertThat(layer.get("dropped")).hasSize(4);
  }

  @Test
  void weightsAloneAreEnoughForSomeMethods() {
    Run run =
        Run.of(
            "plan", MODEL, "--method", "magnitude", "--keep", 4, "-o", folder.resolve("plan.json"));

    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("prune by magnitude: 4 of 8 experts stay in every layer");
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "--method reap --keep 4, this method needs data: name what analyze wrote with --statistics"
            + " DIR",
        "--keep 4, Missing required option: '--method=M'",
        "--method magnitude, say how many experts stay: either --keep N or --remove 50%",
        "--method magnitude --keep 0, 0 experts cannot be kept; at least 1",
        "--method magnitude --remove lots, 'lots' is no share; write 50% or 0.5",
        "--method magnitude --keep 4 --seed 1, --seed has no effect with method magnitude",
        "--method magnitude --keep 4 --protect-super-experts, --protect-super-experts has no effect"
            + " without --statistics"
      },
      quoteCharacter = '`')
  void incompleteDecisionsAreWrongUsage(String options, String problem) {
    Run run =
        Run.of(
            (Object[])
                ("plan " + MODEL + " -o " + folder.resolve("p.json") + " " + options)
                    .split(" ", -1));

    assertThat(run)
        .isEqualTo(new Run(2, "", "moetool: " + problem + "\n  see 'moetool plan --help'\n"));
  }

  @Test
  void unknownMethodsAreListed() {
    Run run =
        Run.of("plan", MODEL, "--method", "astrology", "--keep", 4, "-o", folder.resolve("p.json"));

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err())
        .startsWith("moetool: there is no method 'astrology'; choose one of frequency, ");
  }

  @Test
  void fewerExpertsThanATokenUsesIsBadInput() {
    assertThat(
            Run.of(
                "plan",
                MODEL,
                "--method",
                "magnitude",
                "--keep",
                2,
                "-o",
                folder.resolve("p.json"),
                "-q"))
        .isEqualTo(
            new Run(
                3,
                "",
                """
                moetool: keep 2: 2 of 8 experts per layer would stay, but every token uses 3
                  keep at least 3 experts (remove at most 62.5%)
                """));
    assertThat(Golden.list(folder)).isEmpty();
  }

  @Test
  void statisticsOfAnotherModelAreBadInput() {
    Run run =
        Run.of(
            "plan",
            Golden.model("mixtral"),
            "--statistics",
            statistics(),
            "--method",
            "reap",
            "--keep",
            4,
            "-o",
            folder.resolve("p.json"));

    assertThat(run.code()).isEqualTo(3);
    assertThat(run.err()).contains("the statistics are of another model (sha256:");
  }

  @Test
  void aFileThatIsNoPlanIsLeftAlone() throws IOException {
    Path file = Golden.write(folder.resolve("thesis.json"), "{}");

    assertThat(Run.of("plan", MODEL, "--method", "magnitude", "--keep", 4, "-o", file))
        .isEqualTo(
            new Run(
                3,
                "",
                "moetool: %s: exists and is no plan\n  choose another file or remove it\n"
                    .formatted(file)));
    assertThat(Files.readString(file)).isEqualTo("{}");
  }

  @Test
  void nothingIsWrittenIntoTheSource() {
    Path model = Golden.copy("qwen3-moe", folder);

    Run run =
        Run.of(
            "plan", model, "--method", "magnitude", "--keep", 4, "-o", model.resolve("plan.json"));

    assertThat(run.code()).isEqualTo(3);
    assertThat(run.err()).contains("lies inside the source");
    assertThat(Golden.list(model)).doesNotContain("plan.json");
  }
}
