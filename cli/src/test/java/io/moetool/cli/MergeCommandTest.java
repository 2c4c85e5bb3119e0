package io.moetool.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.moetool.formats.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class MergeCommandTest {
  private static final Path MODEL = Golden.model("qwen3-moe");

  @TempDir private Path folder;

  private Path statistics;
  private Path plan;
  private Path out;

  @BeforeEach
  void decide() {
    statistics = folder.resolve("analysis");
    plan = folder.resolve("plan.json");
    out = folder.resolve("out");
    Run.of("analyze", MODEL, "--data", Golden.data("qwen3-moe", folder), "-o", statistics);
    Run.of(
        "plan", MODEL, "--statistics", statistics, "--method", "m-smoe", "--keep", 4, "-o", plan);
  }

  @Test
  void planAndStatisticsGiveTheSameWeights() {
    Path byStatistics = folder.resolve("by-statistics");

    Run byPlan = Run.of("merge", MODEL, "--plan", plan, "-o", out);
    assertThat(byPlan.code()).as(byPlan.err()).isZero();
    assertThat(byPlan.out()).contains("8 experts became 4");
    assertThat(
            Run.of(
                    "merge",
                    MODEL,
                    "--statistics",
                    statistics,
                    "--method",
                    "m-smoe",
                    "--keep",
                    4,
                    "-o",
                    byStatistics,
                    "--threads",
                    1)
                .code())
        .isZero();

    for (String name : Golden.list(out)) {
      if (name.endsWith(".safetensors") || name.equals("config.json")) {
        assertThat(byStatistics.resolve(name)).hasSameBinaryContentAs(out.resolve(name));
      }
    }
    assertThat(Json.readObject(out.resolve("config.json")).get("num_experts").intValue())
        .isEqualTo(4);
  }

  @Test
  void everyExpertIsInAGroupOrAloneAndWeightsAddUpToOne() {
    for (JsonNode layer : Json.readObject(plan).get("layers")) {
      int grouped = 0;
      for (JsonNode group : layer.get("groups")) {
        grouped += group.get("experts").size();
        double sum = 0;
        for (JsonNode weight : group.get("weights")) {
          sum += weight.doubleValue();
        }
        assertThat(sum).isBetween(1 - 1e-12, 1 + 1e-12);
      }
      int alone = layer.get("kept").size() - layer.get("groups").size();
      assertThat(grouped + alone).isEqualTo(8);
      assertThat(layer.get("kept")).hasSize(4);
    }
  }

  /** Eight experts: the two with the lowest scores go, the other six become four. */
  @Test
  void theLowestGoBeforeTheRestIsMerged() {
    Path both = folder.resolve("both.json");
    Run planned =
        Run.of(
            "plan",
            MODEL,
            "--statistics",
            statistics,
            "--method",
            "m-smoe",
            "--keep",
            4,
            "--remove-first",
            "25%",
            "-o",
            both);
    assertThat(planned.code()).as(planned.err()).isZero();

    JsonNode decided = Json.readObject(both);
    assertThat(decided.get("options").get("target").stringValue())
        .isEqualTo("keep 4, remove 25% before merging");
    for (JsonNode layer : decided.get("layers")) {
      Set<Integer> gone = new TreeSet<>();
      layer.get("dropped").forEach(expert -> gone.add(expert.intValue()));
      for (JsonNode group : layer.get("groups")) {
        group.get("experts").forEach(expert -> gone.remove(expert.intValue()));
      }
      List<Integer> byScore =
          IntStream.range(0, 8)
              .boxed()
              .sorted(
                  Comparator.comparingDouble(
                          (Integer expert) -> layer.get("scores").get(expert).doubleValue())
                      .thenComparing(Comparator.reverseOrder()))
              .toList();
      assertThat(gone).containsExactlyInAnyOrderElementsOf(byScore.subList(0, 2));
      assertThat(layer.get("reasons").get(0).stringValue())
          .startsWith("removed before the rest was merged: experts ");
    }
    Run merged = Run.of("merge", MODEL, "--plan", both, "-o", out);
    assertThat(merged.code()).as(merged.err()).isZero();
    assertThat(Run.of("verify", out, "--source", MODEL).code()).isZero();
  }

  @Test
  void whereAllThatGoesGoesFirstMergingIsPruning() {
    Path pruned = folder.resolve("pruned");
    Run.of(
        "merge",
        MODEL,
        "--statistics",
        statistics,
        "--method",
        "m-smoe",
        "--keep",
        4,
        "--remove-first",
        "50%",
        "-o",
        out);
    Run.of(
        "prune",
        MODEL,
        "--statistics",
        statistics,
        "--method",
        "frequency",
        "--keep",
        4,
        "-o",
        pruned);

    for (String name : Golden.list(out)) {
      if (name.endsWith(".safetensors")) {
        assertThat(out.resolve(name)).hasSameBinaryContentAs(pruned.resolve(name));
      }
    }
  }

  @Test
  void duplicatesKeepTheConfigAndSayThatNothingIsSaved() {
    Run run =
        Run.of(
            "merge",
            MODEL,
            "--statistics",
            statistics,
            "--method",
            "m-smoe",
            "--keep",
            4,
            "--router",
            "duplicate",
            "-o",
            out);

    assertThat(run.code()).isZero();
    assertThat(run.err()).contains("routing is exact, and nothing is saved");
    assertThat(out.resolve("config.json")).hasSameBinaryContentAs(MODEL.resolve("config.json"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"m-smoe", "sub-moe", "diversifying", "stun", "random-groups"})
  void whatEveryMethodMergesIsProven(String method) {
    Run merged =
        Run.of(
            "merge",
            MODEL,
            "--statistics",
            statistics,
            "--method",
            method,
            "--keep",
            4,
            "--router",
            "average",
            "-o",
            out);
    assertThat(merged.code()).as(merged.err()).isZero();
    Run verified = Run.of("verify", out, "--source", MODEL);
    assertThat(verified.code()).as(verified.err()).isZero();
    assertThat(verified.out()).contains("merged and computed again, 0 unproven");
  }

  @Test
  void projectionsAreFittedOnDataAndThePlanSaysSo() throws IOException {
    String data = Golden.data("qwen3-moe", folder).toString();
    Run merged =
        Run.of(
            "merge",
            MODEL,
            "--plan",
            plan,
            "--repair",
            "least-squares",
            "--repair-tokens",
            40,
            "--data",
            data,
            "-o",
            out);
    assertThat(merged.code()).as(merged.err()).isZero();
    assertThat(merged.err()).contains("fitted: squared error of what merged experts add");
    assertThat(out.resolve("README.md"))
        .content()
        .contains(
            "## Fitted projections",
            "--repair least-squares --repair-tokens 40 --data THE-SAME-DATA");
    Run verified = Run.of("verify", out, "--source", MODEL);
    assertThat(verified.code()).as(verified.err()).isZero();
    assertThat(verified.out())
        .contains("merged and computed again", "fitted on data, whose hashes agree, 0 unproven");

    Path again = folder.resolve("again.json");
    Files.writeString(
        again, Json.write(Json.readObject(out.resolve("moetool-manifest.json")).get("plan")));
    Path second = folder.resolve("second");
    Run alone = Run.of("merge", MODEL, "--plan", again, "-o", second);
    assertThat(alone.code()).isEqualTo(3);
    assertThat(alone.err()).contains("does not hold them", "--repair least-squares and --data");
    Run repeated =
        Run.of(
            "merge",
            MODEL,
            "--plan",
            again,
            "--repair",
            "least-squares",
            "--repair-tokens",
            40,
            "--data",
            data,
            "-o",
            second);
    assertThat(repeated.code()).as(repeated.err()).isZero();
    for (String name : Golden.list(out)) {
      assertThat(second.resolve(name)).hasSameBinaryContentAs(out.resolve(name));
    }
  }

  @Test
  void methodsThatCompareOutputsTakeTheirOwnSampleOfData() {
    Run run =
        Run.of(
            "merge",
            MODEL,
            "--data",
            Golden.data("qwen3-moe", folder),
            "--method",
            "diversifying",
            "--keep",
            4,
            "-o",
            out);
    assertThat(run.code()).as(run.err()).isZero();
  }

  @Test
  void aDryRunWritesNothing() {
    Run run = Run.of("merge", MODEL, "--plan", plan, "-o", out, "--dry-run");

    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("would merge 8 experts into 4", "Nothing was written");
    assertThat(out).doesNotExist();
  }

  @Test
  void aPlanIsCarriedOutByItsOwnCommand() {
    Run pruned = Run.of("prune", MODEL, "--plan", plan, "-o", out);
    assertThat(pruned.code()).isEqualTo(3);
    assertThat(pruned.err()).contains("it says 'merge', not 'prune'", "moetool merge");

    Path removing = folder.resolve("removing.json");
    Run.of(
        "plan", MODEL, "--statistics", statistics, "--method", "reap", "--keep", 4, "-o", removing);
    Run merged = Run.of("merge", MODEL, "--plan", removing, "-o", out);
    assertThat(merged.code()).isEqualTo(3);
    assertThat(merged.err()).contains("it says 'prune', not 'merge'", "moetool prune");
    assertThat(out).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'\"leader\": '|'\"leader\": 7'|a group holds its leader",
        "\"router\": \"drop\"|\"router\": \"keep\"|known: drop, average, duplicate",
        "\"alignment\": \"weights\"|\"alignment\": \"luck\"|known: none, weights, fix-dom, zipit",
        "\"action\": \"merge\"|\"action\": \"prune\"|it says 'prune'",
        "\"weights\": [ 0.|\"weights\": [ 1.|add up to 1"
      })
  void whatSomebodyEditedWronglyIsNamed(String from, String to, String message) {
    Golden.edit(plan, from, to);

    Run run = Run.of("merge", MODEL, "--plan", plan, "-o", out);

    assertThat(run.code()).isEqualTo(3);
    assertThat(run.err()).contains(message);
    assertThat(out).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--method reap --keep 4|there is no merging method 'reap'; choose one of ream",
        "--method m-smoe|say how many experts stay",
        "--method m-smoe --keep 4 --seed 1|--seed has no effect with method m-smoe",
        "--keep 1|every token uses 3",
        "--keep 4 --router map|then moetool convert --plan plan.json --to onnx",
        "--keep 4 --remove-first 75%|remove at most 4 first, or keep fewer",
        "--keep 4 --remove-first 5%|of 8 experts in 1 groups of the router that is 0",
        "--keep 4 --remove-first 25% --router duplicate|every expert keeps its row",
        "--keep 4 --remove-first some|'some' is no share",
        "--method m-smoe --keep 4 --budget global|--budget global needs --router map",
        "--method m-smoe --keep 4 --budget damage|--budget has no effect with merging method",
        "--keep 4 --repair least-squares|--repair needs data to fit on",
        "--keep 4 --repair-tokens 9|--repair-tokens has no effect without --repair",
        "--keep 4 --repair scalar --data x.jsonl|least-squares] (case-insensitive) but was 'scalar'"
      })
  void whatCannotBeIsRefused(String options, String message) {
    Object[] arguments =
        ("merge|"
                + MODEL
                + "|--statistics|"
                + statistics
                + "|-o|"
                + out
                + "|"
                + options.replace(' ', '|'))
            .split("\\|", -1);

    Run run = Run.of(arguments);

    assertThat(run.code()).isBetween(2, 3);
    assertThat(run.err()).contains(message);
    assertThat(out).doesNotExist();
  }

  @Test
  void behindAMapAllLayersShareTheGroups() {
    Path uneven = folder.resolve("uneven.json");
    Run planned =
        Run.of(
            "plan",
            MODEL,
            "--statistics",
            statistics,
            "--method",
            "m-smoe",
            "--keep",
            6,
            "--budget",
            "global",
            "--router",
            "map",
            "-o",
            uneven);
    assertThat(planned.code()).as(planned.err()).isZero();

    JsonNode decided = Json.readObject(uneven);
    List<Integer> kept = new ArrayList<>();
    decided.get("layers").forEach(layer -> kept.add(layer.get("kept").size()));
    assertThat(kept.stream().mapToInt(n -> n).sum()).isEqualTo(6 * kept.size());
    assertThat(decided.get("expertsAfter").intValue()).isEqualTo(Collections.max(kept));
    Run converted =
        Run.of("convert", MODEL, "--plan", uneven, "--to", "onnx", "-o", folder.resolve("onnx"));
    assertThat(converted.code()).as(converted.err()).isZero();
  }

  @Test
  void aMapBecomesAnOnnxModelThatRoutesAsCopiesDo() {
    Path data = Golden.data("qwen3-moe", folder);
    Path map = folder.resolve("map.json");
    Path copies = folder.resolve("copies.json");
    for (Path file : List.of(map, copies)) {
      Run.of(
          "plan",
          MODEL,
          "--statistics",
          statistics,
          "--method",
          "m-smoe",
          "--keep",
          4,
          "--router",
          file.equals(map) ? "map" : "duplicate",
          "-o",
          file);
    }

    assertThat(Run.of("merge", MODEL, "--plan", map, "-o", out).err())
        .contains("options.merging.router is 'map'")
        .contains("moetool convert MODEL --plan plan.json --to onnx");
    Run converted =
        Run.of("convert", MODEL, "--plan", map, "--to", "onnx", "-o", folder.resolve("onnx"));
    assertThat(converted.code()).isZero();
    assertThat(converted.out()).contains("those of the plan run unwritten");
    Run.of("merge", MODEL, "--plan", copies, "-o", out);
    assertThat(loss(folder.resolve("onnx"), data)).isCloseTo(loss(out, data), within(2e-5));
  }

  private static double loss(Path model, Path data) {
    return Run.of("evaluate", model, "--data", data, "--json").json().get("meanNll").doubleValue();
  }

  @Test
  void optionsOfMergingHaveNoEffectOnPruningPlans() {
    Run run =
        Run.of(
            "plan",
            MODEL,
            "--statistics",
            statistics,
            "--method",
            "reap",
            "--keep",
            4,
            "--router",
            "drop",
            "-o",
            folder.resolve("other.json"));

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("--router has no effect without a method that groups experts");
  }
}
