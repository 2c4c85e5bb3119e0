package io.moetool.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class ValidateCommandTest {
  private static final Path CONTINUATION = Path.of("../examples/tasks/continuation.jsonl");

  @TempDir private Path folder;

  /** A model against one with the same shapes and other weights. */
  private Run validate(Object... options) {
    return against("qwen3-moe-raw-gates", options);
  }

  private Run against(String candidate, Object... options) {
    Object[] command = {
      "validate",
      Golden.model("qwen3-moe"),
      Golden.model(candidate),
      "--data",
      Golden.data("qwen3-moe", folder)
    };
    return with(command, options);
  }

  private static Run with(Object[] command, Object... options) {
    Object[] all = Arrays.copyOf(command, command.length + options.length);
    System.arraycopy(options, 0, all, command.length, options.length);
    return Run.of(all);
  }

  @Test
  void jsonHasTheKeysOfTheContract() {
    Run run = validate("--json", "--max-kl", 100);

    assertThat(run.code()).isZero();
    JsonNode json = run.json();
    assertThat(json.propertyNames())
        .containsExactly(
            "base",
            "candidate",
            "klDivergence",
            "top1Agreement",
            "domains",
            "gates",
            "passed",
            "top5Agreement",
            "acceptance",
            "nllDifference",
            "perplexityRatio",
            "intervals",
            "pValue",
            "inference",
            "baseSize",
            "candidateSize",
            "tasks",
            "layers");
    assertThat(json.get("intervals").get("klDivergence").propertyNames())
        .containsExactly("low", "high");
    assertThat(json.get("base").get("meanNll").doubleValue())
        .isCloseTo(Golden.meanNll("qwen3-moe"), within(2e-4));
    assertThat(json.get("gates").get(0).propertyNames())
        .containsExactly("name", "limit", "actual", "passed");
    assertThat(json.get("gates").get(0).get("actual")).isEqualTo(json.get("klDivergence"));
    assertThat(json.get("domains").propertyNames()).containsExactly("even", "odd");
    assertThat(json.get("passed").booleanValue()).isTrue();
  }

  @Test
  void aModelAgreesWithItself() {
    Path model = Golden.model("olmoe");

    Run run =
        Run.of(
            "validate",
            model,
            model,
            "--data",
            Golden.data("olmoe", folder),
            "--min-top1-agreement",
            1,
            "--max-kl",
            1e-9,
            "--max-nll-increase",
            0,
            "--max-perplexity-ratio",
            1);

    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("  passed  max-perplexity-ratio 1.0: measured 1.00000\n");
  }

  @Test
  void linesFitATerminalAndTheReportIsWritten() throws IOException {
    Path report = folder.resolve("validation.html");
    Run run = validate("--report", report);

    assertThat(run.code()).isZero();
    assertThat(run.out().lines().skip(1)).allMatch(line -> line.length() <= 80);
    assertThat(Files.readString(report)).contains("Validation of ", "all domains");
  }

  @Test
  void theWorstDomainAndTheSizeHaveGates() {
    Run run = validate("--json", "--max-domain-perplexity-ratio", 1e-3, "--max-bytes", "1KB");

    assertThat(run.code()).isEqualTo(4);
    JsonNode json = run.json();
    double worst =
        Math.max(
            json.get("domains").get("even").get("perplexityRatio").doubleValue(),
            json.get("domains").get("odd").get("perplexityRatio").doubleValue());
    assertThat(json.get("gates").get(0).get("actual").doubleValue()).isEqualTo(worst);
    assertThat(json.get("gates").get(1).get("actual").longValue())
        .isEqualTo(json.get("candidateSize").get("bytes").longValue());
  }

  @Test
  void aGateThatFailsEndsWithFourAndStillReports() {
    Run run = validate("--max-kl", 1e-9, "--json");

    assertThat(run.code()).isEqualTo(4);
    assertThat(run.json().get("passed").booleanValue()).isFalse();
    assertThat(validate("--max-kl", 1e-9).out()).contains("  FAILED  max-kl 1.0E-9: measured ");
  }

  @ParameterizedTest
  @CsvSource({
    "--max-kl, -1, --max-kl must be a number from 0 up",
    "--min-top1-agreement, 99, --min-top1-agreement must be a share from 0 to 1",
    "--max-nll-increase, NaN, --max-nll-increase must be a number"
  })
  void limitsThatEverythingOrNothingKeepsAreWrongUsage(String gate, String limit, String problem) {
    assertThat(validate(gate, limit))
        .isEqualTo(new Run(2, "", "moetool: " + problem + "\n  see 'moetool validate --help'\n"));
  }

  @Test
  void modelsOfDifferentVocabulariesCannotBeCompared() {
    Run run =
        Run.of(
            "validate",
            Golden.model("qwen3-moe"),
            Run.BUNDLED,
            "--data",
            Golden.data("qwen3-moe", folder));

    assertThat(run)
        .isEqualTo(
            new Run(
                3,
                "",
                """
                moetool: candidate: its vocabulary has 4096 tokens, the base's has 72
                  compare a model with what was made from it
                """));
  }

  @Test
  void tasksAreAnsweredByBothAndGated() {
    Run run =
        Run.of(
            "validate",
            Run.BUNDLED,
            Run.BUNDLED,
            "--task",
            CONTINUATION,
            "--max-items",
            20,
            "--min-task-score",
            0.99,
            "--max-task-drop",
            0,
            "--json");

    assertThat(run.code()).isEqualTo(4);
    JsonNode task = run.json().get("tasks").get(0);
    assertThat(task.propertyNames())
        .containsExactly(
            "name",
            "kind",
            "items",
            "chance",
            "base",
            "candidate",
            "difference",
            "interval",
            "pValue");
    assertThat(task.get("name").stringValue()).isEqualTo("continuation");
    assertThat(task.get("items").intValue()).isEqualTo(20);
    assertThat(task.get("base")).isEqualTo(task.get("candidate"));
    assertThat(task.get("pValue").doubleValue()).isEqualTo(1);
    JsonNode gates = run.json().get("gates");
    assertThat(gates.get(0).get("actual")).isEqualTo(task.get("candidate").get("score"));
    assertThat(gates.get(1).get("passed").booleanValue()).isTrue();
    // Without data, what is asked is the data.
    assertThat(run.json().get("domains").propertyNames()).containsExactly("continuation");
    assertThat(run.json().get("base").get("sequences").intValue()).isEqualTo(20);
  }

  @Test
  void aBaseThatGuessesIsNamed() throws IOException {
    Path task = folder.resolve("odd.jsonl");
    Files.writeString(task, "{\"prompt\": \"2+2=\", \"answer\": \"no model says this\"}\n");

    Run run = Run.of("validate", Run.BUNDLED, Run.BUNDLED, "--task", task, "--max-new-tokens", 2);

    assertThat(run.code()).isZero();
    assertThat(run.err())
        .contains("task odd: the base's score of 0.0% in 1 questions is not above that of lots");
    assertThat(run.out()).contains("odd", "base", "candidate");
  }

  @ParameterizedTest
  @CsvSource({
    "--min-task-score, 0.5, --min-task-score needs questions to ask",
    "--max-task-drop, 0.5, --max-task-drop needs questions to ask",
    "--shots, 1, --shots has no effect without --task",
    "--max-items, 1, --max-items has no effect without --task",
    "--max-new-tokens, 1, --max-new-tokens has no effect without --task"
  })
  void optionsOfTasksNeedATask(String option, String value, String message) {
    Run run = validate(option, value);

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains(message);
  }

  private Path plan(String keep) {
    Path plan = folder.resolve("keep-" + keep + ".json");
    Run run = Run.of("plan", Run.BUNDLED, "--method", "magnitude", "--keep", keep, "-o", plan);
    assertThat(run.code()).as(run.err()).isZero();
    return plan;
  }

  private Run sweep(Object... options) {
    Object[] command = {
      "validate",
      Run.BUNDLED,
      "--data",
      "../examples/text/heldout.jsonl",
      "--max-sequences",
      6,
      "--sweep",
      plan("24"),
      "--sweep",
      plan("16")
    };
    return with(command, options);
  }

  @Test
  void plansAreComparedWithoutBeingWritten() {
    Path page = folder.resolve("sweep.html");
    Run run = sweep("--json", "--report", page, "--max-bytes", "16MB");

    assertThat(run.code()).as(run.err()).isZero();
    JsonNode json = run.json();
    assertThat(json.propertyNames())
        .containsExactly("base", "baseSize", "candidates", "smallestPassing", "inference");
    JsonNode larger = json.get("candidates").get(0);
    JsonNode smaller = json.get("candidates").get(1);
    assertThat(larger.get("klDivergence").doubleValue())
        .isLessThan(smaller.get("klDivergence").doubleValue());
    assertThat(larger.get("size").get("bytes").longValue())
        .isGreaterThan(smaller.get("size").get("bytes").longValue());
    assertThat(larger.get("onFront").booleanValue()).isTrue();
    assertThat(json.get("smallestPassing").stringValue()).endsWith("keep-16.json");
    assertThat(page).content().contains("<svg ", "keep-16.json");
  }

  @Test
  void aSweepThatNothingPassesFails() {
    Run run = sweep("--max-kl", 1e-9);

    assertThat(run.code()).isEqualTo(4);
    assertThat(run.out()).contains("none keeps all gates", "max-kl 1.0E-9 measured");
  }

  @Test
  void eitherACandidateOrASweepIsNeeded() {
    Run neither = Run.of("validate", Run.BUNDLED, "--data", "x.jsonl");
    assertThat(neither.code()).isEqualTo(2);
    assertThat(neither.err()).contains("either CANDIDATE, or --sweep FILE");
    Run both = validate("--sweep", Run.BUNDLED);
    assertThat(both.code()).isEqualTo(2);
  }

  @Test
  void aPlanForAnotherModelIsRefused() {
    Run run =
        Run.of(
            "validate",
            Golden.model("olmoe"),
            "--data",
            Golden.data("olmoe", folder),
            "--sweep",
            plan("16"));

    assertThat(run.code()).isEqualTo(3);
    assertThat(run.err()).contains("keep-16.json");
  }

  @Test
  void layersShowWhereACandidateDiffers() {
    Run same = against("qwen3-moe", "--layers", "--json");
    assertThat(same.code()).as(same.err()).isZero();
    for (JsonNode layer : same.json().get("layers")) {
      assertThat(layer.propertyNames())
          .containsExactly("layer", "relativeError", "cosine", "routingAgreement");
      assertThat(layer.get("relativeError").doubleValue()).isZero();
      assertThat(layer.get("cosine").doubleValue()).isCloseTo(1, within(1e-12));
      assertThat(layer.get("routingAgreement").doubleValue()).isEqualTo(1);
    }

    Run other = validate("--layers", "--layer-tokens", 8);
    assertThat(other.out()).contains("hidden states off by", "experts in common");
  }

  @ParameterizedTest
  @CsvSource({
    "--layer-tokens, 5, --layer-tokens has no effect without --layers",
    "--layers, --sweep=x.json, either CANDIDATE"
  })
  void layersAreOfOneCandidate(String option, String value, String message) {
    Run run = validate(option, value);

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains(message);
  }
}
