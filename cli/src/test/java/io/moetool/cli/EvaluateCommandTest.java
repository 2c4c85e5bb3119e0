package io.moetool.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class EvaluateCommandTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"qwen3-moe", "mixtral", "olmoe"})
  void lossIsThatOfTheReferenceLibrary(String model) {
    Run run =
        Run.of(
            "evaluate", Golden.model(model), "--data", Golden.data(model, folder), "--json", "-q");

    assertThat(run.code()).isZero();
    assertThat(run.err()).isEmpty();
    assertThat(run.json().get("meanNll").doubleValue())
        .isCloseTo(Golden.meanNll(model), within(2e-4));
  }

  @Test
  void jsonHasTheKeysOfTheContract() {
    Path data = Golden.data("olmoe", folder);

    JsonNode json = Run.of("evaluate", Golden.model("olmoe"), "--data", data, "--json").json();

    assertThat(json.propertyNames())
        .containsExactly(
            "form",
            "device",
            "compute",
            "sequences",
            "tokens",
            "meanNll",
            "perplexity",
            "domains",
            "seconds",
            "tokensPerSecond");
    assertThat(json.get("form").stringValue()).isEqualTo("checkpoint");
    assertThat(json.get("domains").propertyNames()).containsExactly("even", "odd");
    assertThat(json.get("domains").get("odd").propertyNames())
        .containsExactly("tokens", "meanNll", "perplexity");
    long tokens = 0;
    for (JsonNode domain : json.get("domains")) {
      tokens += domain.get("tokens").longValue();
    }
    assertThat(json.get("tokens").longValue()).isEqualTo(tokens);
  }

  @Test
  void progressIsOnStandardErrorOneLineAStep() {
    Run run = Run.of("evaluate", Golden.model("olmoe"), "--data", Golden.data("olmoe", folder));

    assertThat(run.err()).matches("moetool: layers: .*\\nmoetool: sequences: .*\\n");
    assertThat(run.out()).contains("all domains").doesNotContain("moetool:");
  }

  @Test
  void theNumberOfThreadsChangesNothing() {
    Path data = Golden.data("qwen3-moe", folder);
    Object[] command = {
      "evaluate", Golden.model("qwen3-moe"), "--data", data, "--json", "-q", "--threads"
    };

    assertThat(nll(command, 1)).isEqualTo(nll(command, 3));
  }

  /** With the smallest limit hidden states lie on the disk and tiles hold one or two sequences. */
  @ParameterizedTest
  @ValueSource(strings = {"qwen3-moe", "deepseek-v3-fp8", "gpt-oss-mxfp4"})
  void aMemoryLimitChangesNoDigit(String name) {
    Path data = rows(1000);
    Object[] command = {
      "evaluate", Golden.model(name), "--data", data, "--json", "-q", "--threads", "2"
    };
    Run free = Run.of(command);

    Run refused = Run.of(with(command, "--memory-limit", "100MB"));

    assertThat(refused.code()).isEqualTo(3);
    Matcher least =
        Pattern.compile("give at least --memory-limit ([0-9]+MB)").matcher(refused.err());
    assertThat(least.find()).as(refused.err()).isTrue();
    Run limited = Run.of(with(command, "--memory-limit", least.group(1)));
    assertThat(limited.code()).as(limited.err()).isZero();
    for (String key : new String[] {"tokens", "meanNll", "domains"}) {
      assertThat(limited.json().get(key)).isEqualTo(free.json().get(key));
    }
  }

  @Test
  void onlyCheckpointsCanBeLimited() {
    Run run =
        Run.of(
            "evaluate",
            folder.resolve("model.onnx"),
            "--data",
            Golden.data("olmoe", folder),
            "--memory-limit",
            "1GB");

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).startsWith("moetool: --memory-limit is about checkpoints");
  }

  private static Object[] with(Object[] command, Object... more) {
    return Stream.concat(Stream.of(command), Stream.of(more)).toArray();
  }

  /** Sequences of 20 to 29 tokens. */
  private Path rows(int count) {
    SplittableRandom random = new SplittableRandom(4);
    StringBuilder text = new StringBuilder();
    for (int row = 0; row < count; row++) {
      String tokens =
          random
              .ints(20 + row % 10, 0, 24)
              .mapToObj(Integer::toString)
              .collect(Collectors.joining(", ", "[", "]"));
      text.append("{\"domain\": \"%s\", \"tokens\": %s}%n".formatted(row % 3, tokens));
    }
    return Golden.write(folder.resolve("rows.jsonl"), text.toString());
  }

  private static double nll(Object[] command, int threads) {
    Object[] all = Arrays.copyOf(command, command.length + 1);
    all[command.length] = threads;
    return Run.of(all).json().get("meanNll").doubleValue();
  }

  @Test
  void limitsAreKept() {
    Path data = Golden.data("olmoe", folder);

    JsonNode json =
        Run.of(
                "evaluate",
                Golden.model("olmoe"),
                "--data",
                data,
                "--json",
                "--sequence-length",
                4,
                "--max-sequences",
                2)
            .json();

    assertThat(json.get("sequences").intValue()).isEqualTo(2);
    assertThat(json.get("tokens").intValue()).isEqualTo(6);
  }

  @Test
  void dataIsRequired() {
    assertThat(Run.of("evaluate", Golden.model("olmoe"), "--max-tokens", 5))
        .isEqualTo(
            new Run(
                2,
                "",
                """
                moetool: Missing required option: '--data=FILE'
                  see 'moetool evaluate --help'
                """));
  }

  @ParameterizedTest
  @CsvSource({
    "--sequence-length, 1, --sequence-length must be at least 2",
    "--sequence-length, 4096, '--sequence-length is 4096, the model was made for at most 64"
        + " tokens'",
    "--max-sequences, 0, --max-sequences must be at least 1",
    "--max-tokens, 1, --max-tokens must be at least 2",
    "--compute, bfloat16, --compute bfloat16 needs a backend that this version does not have; use"
        + " float32"
  })
  void impossibleOptionsAreWrongUsage(String option, String value, String problem) {
    Path data = Golden.data("olmoe", folder);

    assertThat(Run.of("evaluate", Golden.model("olmoe"), "--data", data, option, value))
        .isEqualTo(new Run(2, "", "moetool: " + problem + "\n  see 'moetool evaluate --help'\n"));
  }

  @Test
  void aMissingDataFileIsBadInput() {
    Path missing = folder.resolve("missing.jsonl");

    assertThat(Run.of("evaluate", Golden.model("olmoe"), "--data", missing, "--json"))
        .isEqualTo(
            new Run(3, "", "moetool: %s: no such file\n  check the path\n".formatted(missing)));
  }

  @Test
  void aMalformedRowIsNamed() {
    Path data = Golden.write(folder.resolve("x.jsonl"), "{\"tokens\": [1, 2]}\n{\"txt\": \"a\"}\n");

    assertThat(Run.of("evaluate", Golden.model("olmoe"), "--data", data))
        .isEqualTo(
            new Run(
                3,
                "",
                """
                moetool: %s line 2: a row needs either "text" (a string) or "tokens" (a list of ids)
                  correct the row
                """
                    .formatted(data)));
  }

  @Test
  void textNeedsATokenizer() {
    Path data = Golden.write(folder.resolve("x.jsonl"), "{\"text\": \"some words\"}\n");

    Run run = Run.of("evaluate", Golden.model("olmoe"), "--data", data);

    assertThat(run.code()).isEqualTo(3);
    assertThat(run.out()).isEmpty();
    assertThat(run.err())
        .endsWith(
            """
            tokenizer.json: the model has no tokenizer.json, so text cannot be read
              give data rows as "tokens" (token ids), or put the model's tokenizer.json into the folder
            """);
  }

  @Test
  void aTruncatedFileIsBadInput() throws IOException {
    Path model = Golden.copy("olmoe", folder);
    Path weights = model.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    Files.write(weights, Arrays.copyOf(bytes, bytes.length - 4));

    Run run = Run.of("evaluate", model, "--data", Golden.data("olmoe", folder));

    assertThat(run.code()).isEqualTo(3);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).startsWith("moetool: " + weights).doesNotContain("\tat ");
  }

  @Test
  void tensorsOfAnotherShapeThanTheConfigAsksForAreBadInput() {
    Path model = Golden.copy("olmoe", folder);
    Golden.edit(model.resolve("config.json"), "\"hidden_size\": 32", "\"hidden_size\": 48");

    Run run = Run.of("evaluate", model, "--data", Golden.data("olmoe", folder));

    assertThat(run.code()).isEqualTo(3);
    assertThat(run.out()).isEmpty();
    assertThat(run.err())
        .startsWith("moetool: " + model + ": tensors and config.json disagree:\n  - ")
        .contains("shape is [80,32], the config asks for [80,48]")
        .endsWith(
            "  use the config.json the weights were published with, or download the weights"
                + " again\n");
  }

  @Test
  void tasksAreScoredAndAreTheDataWhereThereIsNone() {
    Run run =
        Run.of(
            "evaluate",
            Run.BUNDLED,
            "--task",
            "../examples/tasks/continuation.jsonl",
            "--max-items",
            12,
            "--json");

    assertThat(run.code()).isZero();
    JsonNode task = run.json().get("tasks").get(0);
    assertThat(task.propertyNames()).containsExactly("name", "kind", "items", "chance", "score");
    assertThat(task.get("kind").stringValue()).isEqualTo("multiple-choice");
    assertThat(task.get("chance").doubleValue()).isEqualTo(0.25);
    assertThat(task.get("score").propertyNames())
        .containsExactly("score", "standardError", "accuracy", "normalisedAccuracy", "cut");
    assertThat(run.json().get("sequences").intValue()).isEqualTo(12);
  }

  @Test
  void someDataOrATaskIsNeeded() {
    Run run = Run.of("evaluate", Run.BUNDLED);

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("'--data=FILE'");
  }
}
