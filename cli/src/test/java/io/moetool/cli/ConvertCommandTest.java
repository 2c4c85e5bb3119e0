package io.moetool.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class ConvertCommandTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"fused", "standard"})
  void theExportPredictsWhatTheCheckpointPredicts(String operators) {
    Path out = folder.resolve("onnx");
    Path data = Golden.data("qwen3-moe", folder);

    Run run =
        Run.of(
            "convert",
            Golden.model("qwen3-moe"),
            "-o",
            out,
            "--to",
            "onnx",
            "--operators",
            operators,
            "--json");

    assertThat(run.code()).isZero();
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
    JsonNode evaluation = Run.of("evaluate", out, "--data", data, "--json").json();
    assertThat(evaluation.get("form").stringValue()).isEqualTo("onnx");
    assertThat(evaluation.get("meanNll").doubleValue())
        .isCloseTo(Golden.meanNll("qwen3-moe"), within(2e-4));
  }

  @Test
  void aNameThatEndsInOnnxIsTheFileItself() {
    Path out = folder.resolve("tiny.onnx");

    assertThat(Run.of("convert", Golden.model("olmoe"), "-o", out, "--to", "onnx").code()).isZero();

    assertThat(Golden.list(folder)).containsExactly("tiny.onnx", "tiny.onnx.data");
  }

  @Test
  void aDryRunWritesNothing() {
    Run run =
        Run.of(
            "convert",
            Golden.model("olmoe"),
            "-o",
            folder.resolve("x"),
            "--to",
            "onnx",
            "--dry-run");

    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("Nothing was written.");
    assertThat(Golden.list(folder)).isEmpty();
  }

  @Test
  void aPlanIsForOnnxAlone() {
    Run run =
        Run.of(
            "convert",
            folder.resolve("onnx"),
            "--plan",
            "plan.json",
            "--to",
            "safetensors",
            "-o",
            folder.resolve("x"));

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("carry it out with moetool prune or merge");
  }

  @Test
  void anExistingOutputIsLeftAlone() throws IOException {
    Path out = Files.createDirectory(folder.resolve("out"));

    assertThat(Run.of("convert", Golden.model("olmoe"), "-o", out, "--to", "onnx"))
        .isEqualTo(
            new Run(
                3,
                "",
                "moetool: %s: exists\n  choose another folder or remove it\n".formatted(out)));
    assertThat(Golden.list(out)).isEmpty();
  }

  @Test
  void anUnknownFormIsWrongUsage() {
    Run run = Run.of("convert", Golden.model("olmoe"), "-o", folder.resolve("x"), "--to", "gguf");

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("'gguf'").contains("see 'moetool convert --help'");
  }

  @Test
  void expertsBecomeIntegersButForThoseThatAreProtected() throws IOException {
    Path protect = folder.resolve("protect.json");
    Files.writeString(
        protect,
        """
        {"formatVersion": 1, "model": null, "rule": "by hand",
         "experts": [{"layer": 0, "expert": 1, "reason": "because"}]}
        """);
    Run run =
        Run.of(
            "convert",
            Golden.model("mixtral"),
            "-o",
            folder.resolve("x.onnx"),
            "--to",
            "onnx",
            "--experts",
            "int4",
            "--dtype",
            "bfloat16",
            "--protect",
            protect,
            "--json");

    assertThat(run.code()).isZero();
    assertThat(run.json().get("experts").stringValue()).isEqualTo("int4");
    assertThat(run.json().get("dtype").stringValue()).isEqualTo("bfloat16");
    assertThat(run.json().get("expertWeightError").doubleValue()).isBetween(0.01, 0.2);
    assertThat(run.json().get("relativeLogitDifference").doubleValue()).isPositive();
  }

  @Test
  void protectingExpertsThatAreNotIntegersIsWrongUsage() {
    Run run =
        Run.of(
            "convert",
            Golden.model("olmoe"),
            "-o",
            folder.resolve("x"),
            "--to",
            "onnx",
            "--protect",
            "protect.json");

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("--protect has no effect without --experts");
  }

  @Test
  void anExportBecomesTheCheckpointAgain() {
    Path out = folder.resolve("onnx");
    Path back = folder.resolve("back");
    assertThat(Run.of("convert", Golden.model("olmoe"), "-o", out, "--to", "onnx").code()).isZero();

    Run run = Run.of("convert", out, "-o", back, "--to", "safetensors", "--json");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.json().propertyNames())
        .containsExactly(
            "output",
            "bytesBefore",
            "bytesAfter",
            "expertsBefore",
            "expertsAfter",
            "tensorsCopied",
            "tensorsChanged",
            "seconds");
    assertThat(Run.of("inspect", back, "--json").json().get("fingerprint"))
        .isEqualTo(Run.of("inspect", Golden.model("olmoe"), "--json").json().get("fingerprint"));
  }

  @Test
  void whatCannotBecomeACheckpointIsRefused() {
    Path out = folder.resolve("out");
    assertThat(Run.of("convert", Golden.model("olmoe"), "-o", out, "--to", "safetensors"))
        .satisfies(run -> assertThat(run.code()).isEqualTo(3))
        .satisfies(run -> assertThat(run.err()).contains("is no ONNX model"));
    assertThat(Run.of("convert", out, "-o", out, "--to", "safetensors", "--experts", "int8").code())
        .isEqualTo(2);
  }
}
