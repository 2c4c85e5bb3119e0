package io.moetool.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class AnalyzeCommandTest {
  private static final Path MODEL = Golden.model("qwen3-moe");

  @TempDir private Path folder;

  @Test
  void writesStatisticsAnalysisAndReport() {
    Path out = folder.resolve("out");

    Run run = Run.of("analyze", MODEL, "--data", Golden.data("qwen3-moe", folder), "-o", out);

    assertThat(run.code()).isZero();
    assertThat(Golden.list(out))
        .containsExactly(
            "analysis.json",
            "protect.json",
            "report.html",
            "statistics.safetensors",
            "task-packs.json");
    assertThat(run.out())
        .contains("domains: even, odd")
        .contains(out.resolve("report.html").toString());
  }

  @Test
  void analysisHasTheKeysOfTheContract() throws IOException {
    Path out = folder.resolve("out");

    Run run =
        Run.of("analyze", MODEL, "--data", Golden.data("qwen3-moe", folder), "-o", out, "--json");

    JsonNode json = run.json();
    assertThat(json.propertyNames())
        .contains(
            "formatVersion", "model", "data", "layers", "superExperts", "redundancy", "warnings");
    assertThat(json.get("model").propertyNames())
        .contains("fingerprint", "modelType", "layers", "experts", "expertsPerToken");
    assertThat(json.get("data").propertyNames())
        .contains("fingerprint", "sequences", "tokens", "domains");
    JsonNode layer = json.get("layers").get(0);
    assertThat(layer.propertyNames())
        .contains("layer", "counts", "saliency", "downProjectionMaxAbs", "routing");
    assertThat(layer.get("routing").propertyNames()).contains("entropy", "maxShare");
    assertThat(layer.get("saliency").get("reap")).hasSize(8);
    assertThat(run.out()).isEqualTo(Files.readString(out.resolve("analysis.json")));
  }

  @Test
  void withoutDataOnlyWeightsSpeak() {
    JsonNode json = Run.of("analyze", MODEL, "-o", folder.resolve("out"), "--json").json();

    assertThat(json.get("data").isNull()).isTrue();
    assertThat(json.get("layers").get(0).get("saliency").propertyNames())
        .contains("magnitude")
        .doesNotContain("reap");
  }

  @Test
  void anEarlierAnalysisIsReplaced() {
    Path out = folder.resolve("out");
    Run.of("analyze", MODEL, "-o", out);

    assertThat(
            Run.of("analyze", MODEL, "--data", Golden.data("qwen3-moe", folder), "-o", out).code())
        .isZero();

    assertThat(
            Run.of(
                    "plan",
                    MODEL,
                    "--statistics",
                    out,
                    "--method",
                    "reap",
                    "--keep",
                    4,
                    "-o",
                    folder.resolve("p.json"))
                .code())
        .isZero();
    assertThat(Golden.list(folder)).containsExactly("out", "p.json", "qwen3-moe.jsonl");
  }

  @Test
  void anythingElseIsLeftAlone() throws IOException {
    Path out = Files.createDirectory(folder.resolve("out"));
    Golden.write(out.resolve("statistics.safetensors"), "");
    Golden.write(out.resolve("letter.txt"), "Dear Anna");

    assertThat(Run.of("analyze", MODEL, "-o", out))
        .isEqualTo(
            new Run(
                3,
                "",
                """
                moetool: %s: exists and is not an earlier analysis
                  choose another folder or remove it
                """
                    .formatted(out)));
    assertThat(Golden.list(out)).containsExactly("letter.txt", "statistics.safetensors");
  }

  @Test
  void nothingIsWrittenIntoTheSource() {
    Path model = Golden.copy("qwen3-moe", folder);

    Run run = Run.of("analyze", model, "-o", model.resolve("analysis"));

    assertThat(run.code()).isEqualTo(3);
    assertThat(run.err()).contains("lies inside the source");
  }

  @Test
  void badDataLeavesNothingBehind() {
    Path data = Golden.write(folder.resolve("x.jsonl"), "{\"tokens\": [1, 2, 900]}\n");
    Path out = folder.resolve("out");

    assertThat(Run.of("analyze", MODEL, "--data", data, "-o", out, "--json"))
        .isEqualTo(
            new Run(
                3,
                "",
                """
                moetool: %s line 1: token id 900 is outside the model's vocabulary of 72
                  use data made with this model's tokenizer
                """
                    .formatted(data)));
    assertThat(Golden.list(folder)).containsExactly("x.jsonl");
  }

  @Test
  void routersAreComparedWithThoseOfABase() {
    Path base = Golden.model("qwen3-moe-bf16");
    Path out = folder.resolve("out");

    Run run = Run.of("analyze", MODEL, "--base", base, "-o", out, "--json");

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.json().at("/model/base").stringValue())
        .isEqualTo(Run.of("inspect", base, "--json").json().get("fingerprint").stringValue());
    assertThat(run.json().at("/layers/0/saliency/router_norm_change")).hasSize(8);
    assertThat(plan(out, "router_norm_change").code()).isZero();
  }

  @Test
  void withoutABaseItsMethodIsRefused() {
    Path out = folder.resolve("out");
    Run.of("analyze", MODEL, "-o", out);

    assertThat(plan(out, "router_norm_change"))
        .isEqualTo(
            new Run(
                3,
                "",
                """
                moetool: layer 0: the routers were compared with no base
                  analyze the model with --base, naming the checkpoint it was trained from
                """));
    Run direct =
        Run.of(
            "plan",
            MODEL,
            "--method",
            "router_norm_change",
            "--keep",
            4,
            "-o",
            folder.resolve("p.json"));
    assertThat(direct.code()).isEqualTo(2);
    assertThat(direct.err())
        .contains("run analyze with --base BASE and name what it wrote with --statistics DIR");
    Run data =
        Run.of(
            "prune",
            MODEL,
            "--data",
            Golden.data("qwen3-moe", folder),
            "--method",
            "router_norm_change",
            "--keep",
            4,
            "-o",
            folder.resolve("pruned"));
    assertThat(data.code()).isEqualTo(2);
    assertThat(data.err()).contains("run analyze with --base BASE");
  }

  @Test
  void aBaseThatCannotBeItIsRefused() {
    Run run =
        Run.of("analyze", MODEL, "--base", Golden.model("mixtral"), "-o", folder.resolve("out"));

    assertThat(run.code()).isEqualTo(3);
    assertThat(run.err())
        .contains("cannot be what this model was trained from: model type mixtral");
    assertThat(Run.of("analyze", MODEL, "--base", MODEL, "-o", folder.resolve("out")).err())
        .contains("is this model itself");
    assertThat(folder).isEmptyDirectory();
  }

  /** With the smallest limit hidden states lie on the disk and tiles hold one or two sequences. */
  @ParameterizedTest
  @ValueSource(strings = {"qwen3-moe", "deepseek-v3-fp8", "gpt-oss-mxfp4"})
  void aMemoryLimitChangesNoByte(String name) {
    Path data = rows(1000);
    Path free = folder.resolve("free");
    Path limited = folder.resolve("limited");
    assertThat(analyze(name, data, free).code()).isZero();

    Run refused = analyze(name, data, limited, "--memory-limit", "100MB");

    assertThat(refused.code()).isEqualTo(3);
    assertThat(Golden.list(folder)).containsExactly("free", "rows.jsonl");
    Matcher least =
        Pattern.compile("give at least --memory-limit ([0-9]+MB)").matcher(refused.err());
    assertThat(least.find()).as(refused.err()).isTrue();
    Run run = analyze(name, data, limited, "--memory-limit", least.group(1));
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(Golden.list(folder)).containsExactly("free", "limited", "rows.jsonl");
    for (String file : Golden.list(free)) {
      assertThat(limited.resolve(file)).hasSameBinaryContentAs(free.resolve(file));
    }
  }

  private static Run analyze(String name, Path data, Path out, Object... more) {
    List<Object> arguments =
        new ArrayList<>(
            List.of("analyze", Golden.model(name), "--data", data, "-o", out, "--threads", 2));
    arguments.addAll(List.of(more));
    return Run.of(arguments.toArray());
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

  private Run plan(Path statistics, String method) {
    return Run.of(
        "plan",
        MODEL,
        "--statistics",
        statistics,
        "--method",
        method,
        "--keep",
        4,
        "-o",
        folder.resolve("p.json"));
  }

  @Test
  void optionsForDataNeedData() {
    assertThat(Run.of("analyze", MODEL, "-o", folder.resolve("out"), "--max-tokens", 100).err())
        .startsWith("moetool: --max-tokens has no effect without --data\n");
    assertThat(Run.of("analyze", MODEL, "-o", folder.resolve("out"), "--device", "cpu").err())
        .startsWith("moetool: --device has no effect without --data\n");
    assertThat(Run.of("analyze", MODEL, "-o", folder.resolve("out"), "--memory-limit", "1GB").err())
        .startsWith("moetool: --memory-limit has no effect without --data");
  }
}
