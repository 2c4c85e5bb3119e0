package io.moetool.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.moetool.formats.json.Json;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class CompressCommandTest {
  private static final Path MODEL = Golden.model("qwen3-moe");

  @TempDir private Path folder;

  private Path data;
  private Path out;

  @BeforeEach
  void prepare() {
    data = Golden.data("qwen3-moe", folder);
    out = folder.resolve("out");
  }

  @Test
  void neuronsGoAndVerifyProvesWhatStayed() {
    int width =
        Json.readObject(MODEL.resolve("config.json")).get("moe_intermediate_size").intValue();

    Run run =
        Run.of(
            "compress",
            MODEL,
            "--method",
            "camera",
            "--remove",
            "25%",
            "--data",
            data,
            "-o",
            out,
            "--json");

    assertThat(run.code()).as(run.err()).isZero();
    JsonNode result = Json.readObject("result", run.out());
    int after = width - width / 4;
    assertThat(result.get("widthBefore").intValue()).isEqualTo(width);
    assertThat(result.get("widthAfter").intValue()).isEqualTo(after);
    assertThat(result.get("expertsAfter")).isEqualTo(result.get("expertsBefore"));
    assertThat(result.get("bytesAfter").longValue())
        .isLessThan(result.get("bytesBefore").longValue());
    assertThat(Json.readObject(out.resolve("config.json")).get("moe_intermediate_size").intValue())
        .isEqualTo(after);
    Run verified = Run.of("verify", out, "--source", MODEL);
    assertThat(verified.code()).isZero();
    assertThat(verified.out()).contains("is sound").contains("0 unproven");
    assertThat(Run.of("evaluate", out, "--data", data).code()).isZero();
    assertThat(out.resolve("README.md")).content().contains("CAMERA");
  }

  @Test
  void aDryRunWritesNothing() {
    Run run =
        Run.of(
            "compress",
            MODEL,
            "--method",
            "camera",
            "--width",
            4,
            "--data",
            data,
            "-o",
            out,
            "--dry-run");

    assertThat(run.code()).isZero();
    assertThat(run.out())
        .contains("4 of 12 neurons in every expert")
        .contains("Nothing was written");
    assertThat(out).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource({
    "2, --method svd --width 4, there is no method 'svd'",
    "2, --method camera, say how many neurons stay",
    "2, --method camera --width 4 --remove 25%, say how many neurons stay",
    "2, --method camera --width 4 --maximum-share 2, --maximum-share must be from 0 to 1",
    "2, --method camera --remove all, all",
    "2, --method camera --width 4 --experts-per-token 1, --experts-per-token has no effect",
    "2, --method top-k, say how many experts a token uses",
    "2, --method top-k --experts-per-token 1 --width 4, --width has no effect",
    "2, --method top-k --experts-per-token 1 --sample-tokens 0, must be at least 1",
    "2, --method top-k --experts-per-token 3, nothing would change: the model has 3 of 3",
    "2, --method camera --width 12, nothing would change: the model has 12 of 12 neurons",
    "3, --method top-k --experts-per-token 4, give it from 1 to 3",
    "3, --method top-k --experts-per-token 0, give it from 1 to 3",
    "3, --method camera --width 4000, 4000 cannot stay",
    "3, --method camera --width 0, 0 cannot stay"
  })
  void whatCannotBeIsRefusedBeforeTheModelIsRun(int code, String options, String message) {
    Object[] arguments =
        "compress %s -o %s --data %s %s".formatted(MODEL, out, data, options).split(" ");

    Run run = Run.of(arguments);

    assertThat(run.code()).isEqualTo(code);
    assertThat(run.err()).contains(message);
    assertThat(out).doesNotExist();
  }

  @Test
  void fewerExpertsPerTokenLeaveAllBytesUnlessDataAreGiven() {
    Path fitted = folder.resolve("fitted");

    Run plain = Run.of("compress", MODEL, "--method", "top-k", "--experts-per-token", 1, "-o", out);
    Run byData =
        Run.of(
            "compress",
            MODEL,
            "--method",
            "top-k",
            "--experts-per-token",
            1,
            "--data",
            data,
            "-o",
            fitted);

    assertThat(plain.code()).as(plain.err()).isZero();
    assertThat(plain.out()).contains("1 of 3 experts per token").contains(", 0 cut or multiplied");
    assertThat(Json.readObject(out.resolve("config.json")).get("num_experts_per_tok").intValue())
        .isEqualTo(1);
    assertThat(byData.code()).as(byData.err()).isZero();
    assertThat(byData.err()).contains("squared error of what experts add");
    assertThat(byData.out()).doesNotContain(", 0 cut or multiplied");
    for (Path result : new Path[] {out, fitted}) {
      Run verified = Run.of("verify", result, "--source", MODEL);
      assertThat(verified.code()).as(verified.out()).isZero();
      assertThat(verified.out()).contains("0 unproven");
    }
    assertThat(loss(fitted)).isNotEqualTo(loss(out));
  }

  private double loss(Path model) {
    return Json.readObject("loss", Run.of("evaluate", model, "--data", data, "--json").out())
        .get("meanNll")
        .doubleValue();
  }

  @Test
  void dataIsNeeded() {
    assertThat(Run.of("compress", MODEL, "--method", "camera", "--width", 4, "-o", out).code())
        .isEqualTo(2);
  }
}
