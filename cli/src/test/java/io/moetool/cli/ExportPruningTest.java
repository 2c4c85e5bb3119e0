package io.moetool.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** `plan` and `prune` on ONNX models. */
class ExportPruningTest {
  @TempDir private Path folder;
  private Path onnx = Path.of("");

  @BeforeEach
  void export() {
    onnx = folder.resolve("onnx");
    assertThat(Run.of("convert", Golden.model("mixtral"), "--to", "onnx", "-o", onnx).code())
        .isZero();
  }

  @Test
  void aMethodThatNeedsNoDataDecides() {
    for (String method : List.of("aimer", "random")) {
      Path out = folder.resolve(method);
      Run run = Run.of("prune", onnx, "-o", out, "--method", method, "--keep", 4, "--json");

      assertThat(run.code()).as(run.err()).isZero();
      assertThat(run.json().propertyNames())
          .contains(
              "output",
              "bytesBefore",
              "bytesAfter",
              "expertsBefore",
              "expertsAfter",
              "tensorsCopied",
              "tensorsChanged",
              "seconds");
      JsonNode after = Run.of("inspect", out, "--json").json();
      assertThat(after.get("experts").intValue()).isEqualTo(4);
      assertThat(after.get("bytes")).isEqualTo(run.json().get("bytesAfter"));
      assertThat(after.get("findings")).isEmpty();
      assertThat(Run.of("verify", out).code()).isZero();
    }
  }

  @Test
  void weightsOfAnExportAreJudgedAsThoseOfTheCheckpoint() throws IOException {
    Path ours = folder.resolve("ours.json");
    Path theirs = folder.resolve("theirs.json");
    for (String method : List.of("aimer", "magnitude")) {
      Run.of("plan", onnx, "--method", method, "--keep", 4, "-o", ours);
      Run.of("plan", Golden.model("mixtral"), "--method", method, "--keep", 4, "-o", theirs);
      assertThat(kept(ours)).as(method).isNotEmpty().isEqualTo(kept(theirs));
    }
  }

  @Test
  void anAnalysisByWeightsIsThatOfTheCheckpointAndDecides() throws IOException {
    Path ours = folder.resolve("ours");
    Path theirs = folder.resolve("theirs");
    JsonNode found = Run.of("analyze", onnx, "-o", ours, "--json").json();
    JsonNode expected = Run.of("analyze", Golden.model("mixtral"), "-o", theirs, "--json").json();
    for (String method : List.of("aimer", "magnitude")) {
      List<Double> scores = scores(found, method);
      List<Double> theirScores = scores(expected, method);
      // Two layers of six experts. Stacks are summed in another order than single matrices.
      assertThat(scores).as(method).hasSize(12);
      for (int i = 0; i < scores.size(); i++) {
        assertThat(scores.get(i)).as(method).isCloseTo(theirScores.get(i), within(1e-12));
      }
    }
    Path byStatistics = folder.resolve("by-statistics.json");
    Path byWeights = folder.resolve("by-weights.json");
    Run.of(
        "plan", onnx, "--statistics", ours, "--method", "aimer", "--keep", 4, "-o", byStatistics);
    Run.of("plan", onnx, "--method", "aimer", "--keep", 4, "-o", byWeights);
    assertThat(kept(byStatistics)).isNotEmpty().isEqualTo(kept(byWeights));
  }

  @Test
  void anAnalysisOfAnOnnxModelTakesNoBase() {
    Path out = folder.resolve("analysis");
    assertThat(Run.of("analyze", onnx, "--base", Golden.model("mixtral"), "-o", out).code())
        .isEqualTo(2);
    assertThat(out).doesNotExist();
  }

  @Test
  void aPlanForTheCheckpointAndAMaskAreCarriedOut() throws IOException {
    Path plan = folder.resolve("plan.json");
    Path mask = folder.resolve("mask.json");
    assertThat(
            Run.of(
                    "plan",
                    Golden.model("mixtral"),
                    "--method",
                    "random",
                    "--keep",
                    4,
                    "-o",
                    plan,
                    "--mask-out",
                    mask)
                .code())
        .isZero();
    Path byPlan = folder.resolve("by-plan");
    assertThat(Run.of("prune", onnx, "-o", byPlan, "--plan", plan).code()).isZero();

    Path fromMask = folder.resolve("from-mask.json");
    assertThat(Run.of("plan", onnx, "--from-mask", mask, "-o", fromMask).code()).isZero();
    Path byMask = folder.resolve("by-mask");
    assertThat(Run.of("prune", onnx.resolve("model.onnx"), "-o", byMask, "--plan", fromMask).code())
        .isZero();
    for (String file : List.of("model.onnx", "model.onnx.data", "config.json")) {
      assertThat(byMask.resolve(file)).hasSameBinaryContentAs(byPlan.resolve(file));
    }
  }

  @Test
  void nothingIsWrittenByADryRunOrWhenOptionsAreWrong() {
    Path out = folder.resolve("out");
    Run dry = Run.of("prune", onnx, "-o", out, "--method", "random", "--keep", 4, "--dry-run");
    assertThat(dry.code()).isZero();
    assertThat(dry.out()).contains("would keep 4 of ").contains("ONNX Runtime  yes");
    assertThat(Run.of("prune", onnx, "-o", out, "--method", "reap", "--keep", 4))
        .satisfies(run -> assertThat(run.code()).isEqualTo(2))
        .satisfies(run -> assertThat(run.err()).contains("this method needs data"));
    assertThat(Run.of("prune", onnx, "-o", out, "--keep", 4).code()).isEqualTo(2);
    assertThat(Run.of("prune", onnx, "-o", out, "--method", "random", "--keep", 1))
        .satisfies(run -> assertThat(run.code()).isEqualTo(3))
        .satisfies(run -> assertThat(run.err()).contains("every token uses 2"));
    assertThat(Files.exists(out)).isFalse();
  }

  private static List<Double> scores(JsonNode analysis, String method) {
    List<Double> scores = new ArrayList<>();
    analysis
        .get("layers")
        .forEach(layer ->
            layer.get("saliency").get(method).forEach(score -> scores.add(score.doubleValue())));
    return scores;
  }

  private static List<String> kept(Path plan) throws IOException {
    return Files.readString(plan).lines().filter(line -> line.contains("\"kept\"")).toList();
  }
}
