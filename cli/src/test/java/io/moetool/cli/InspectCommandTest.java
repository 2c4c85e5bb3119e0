package io.moetool.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class InspectCommandTest {
  @TempDir private Path folder;

  @Test
  void jsonHasTheKeysOfTheContract() {
    Run run = Run.of("inspect", Run.BUNDLED, "--json");

    assertThat(run.code()).isZero();
    assertThat(run.err()).isEmpty();
    JsonNode json = run.json();
    assertThat(json.propertyNames())
        .contains(
            "modelType",
            "layers",
            "moeLayers",
            "experts",
            "expertsPerToken",
            "sharedExperts",
            "parameters",
            "activeParameters",
            "bytes",
            "bytesByRole",
            "dtypes",
            "tensors",
            "fingerprint",
            "findings");
    assertThat(json.get("modelType").stringValue()).isEqualTo("qwen3_moe");
    assertThat(json.get("experts").intValue()).isEqualTo(32);
    assertThat(json.get("bytes").longValue()).isEqualTo(18_560_640);
    assertThat(json.get("dtypes").get("BF16").longValue()).isEqualTo(9_280_320);
    assertThat(json.get("fingerprint").stringValue()).matches("sha256:[0-9a-f]{64}");
    assertThat(json.get("findings")).isEmpty();
  }

  @Test
  void peopleReadATable() {
    Run run = Run.of("inspect", Run.BUNDLED);

    assertThat(run.code()).isZero();
    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .startsWith(Run.BUNDLED + "  qwen3_moe\n")
        .contains("  experts           32 per layer, 4 per token, 0 shared\n")
        .contains("  routed experts  14.2 MB   76%\n")
        .contains("  transformers  yes ")
        .doesNotContain("\u001b");
  }

  @Test
  void aSingleFileBesideItsConfigIsAModel() {
    Run run = Run.of("inspect", Run.GOLDEN.resolve("olmoe/model.safetensors"), "--json");

    assertThat(run.code()).isZero();
    assertThat(run.json().get("modelType").stringValue()).isEqualTo("olmoe");
  }

  @Test
  void aMissingModelIsBadInput() {
    Path missing = folder.resolve("nowhere");

    assertThat(Run.of("inspect", missing, "--json"))
        .isEqualTo(
            new Run(
                3,
                "",
                "moetool: %s: no such file or folder\n  name a checkpoint folder or a .safetensors file\n"
                    .formatted(missing)));
  }

  @Test
  void anOnnxModelIsSentToItsCheckpoint() {
    assertThat(Run.of("inspect", "model.onnx"))
        .isEqualTo(
            new Run(
                3,
                "",
                "moetool: model.onnx: is an ONNX model; inspect reads checkpoints\n"
                    + "  name the checkpoint it was converted from (a Hugging Face folder or a"
                    + " .safetensors file)\n"));
  }

  @Test
  void anUnknownModelTypeIsBadInput() throws IOException {
    copy(Run.GOLDEN.resolve("olmoe"));
    edit("\"olmoe\"", "\"future_moe\"");

    Run run = Run.of("inspect", folder);

    assertThat(run.code()).isEqualTo(3);
    assertThat(run.out()).isEmpty();
    assertThat(run.err())
        .isEqualTo(
            "moetool: %s: model type 'future_moe' is not known\n  known: mixtral, olmoe, qwen3_moe\n"
                .formatted(folder.resolve("config.json")));
  }

  @Test
  void disagreementsAreFindings() throws IOException {
    copy(Run.GOLDEN.resolve("olmoe"));
    int experts = Run.of("inspect", folder, "--json").json().get("experts").intValue();
    edit("\"num_experts\": " + experts, "\"num_experts\": " + (experts + 1));

    JsonNode json = Run.of("inspect", folder, "--json").json();

    assertThat(json.get("findings").get(0).get("severity").stringValue()).isEqualTo("error");
    assertThat(json.get("findings").toString()).contains("expert " + experts + " is missing");
    assertThat(json.get("loading").get(0).get("verdict").stringValue()).isEqualTo("no");
    assertThat(Run.of("inspect", folder).out()).contains("  error  ");
  }

  private void copy(Path model) throws IOException {
    for (String name : new String[] {"config.json", "model.safetensors"}) {
      Files.copy(model.resolve(name), folder.resolve(name));
    }
  }

  private void edit(String from, String to) throws IOException {
    Path config = folder.resolve("config.json");
    String text = Files.readString(config);
    assertThat(text).contains(from);
    Files.writeString(config, text.replace(from, to));
  }
}
