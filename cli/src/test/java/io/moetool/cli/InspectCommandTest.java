package io.moetool.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
  void aConfigAloneShowsWhatItsCheckpointHolds() throws IOException {
    Files.copy(
        Golden.model("qwen3-moe-bf16").resolve("config.json"), folder.resolve("config.json"));
    JsonNode weights = Run.of("inspect", Golden.model("qwen3-moe-bf16"), "--json").json();

    Run run = Run.of("inspect", folder, "--json");
    assertThat(run.code()).isZero();
    for (String key : new String[] {"tensors", "bytes", "bytesByRole", "dtypes", "parameters"}) {
      assertThat(run.json().get(key)).as(key).isEqualTo(weights.get(key));
    }
    assertThat(run.json().get("sizesFrom").stringValue()).startsWith("config, BF16 weights");
    assertThat(Run.of("inspect", folder).out())
        .contains("  sizes from        config, BF16 weights")
        .contains("no weights were read");
  }

  @Test
  void aSingleFileBesideItsConfigIsAModel() {
    Run run = Run.of("inspect", Golden.model("olmoe").resolve("model.safetensors"), "--json");

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
  void anOnnxModelIsReadFromItsGraph() {
    Path out = folder.resolve("onnx");
    assertThat(Run.of("convert", Run.BUNDLED, "--to", "onnx", "-o", out).code()).isZero();
    JsonNode checkpoint = Run.of("inspect", Run.BUNDLED, "--json").json();

    Run run = Run.of("inspect", out, "--json");
    assertThat(run.code()).isZero();
    assertThat(run.err()).isEmpty();
    for (String key :
        new String[] {
          "modelType",
          "layers",
          "moeLayers",
          "experts",
          "expertsPerToken",
          "sharedExperts",
          "hidden",
          "vocabulary",
          "parameters",
          "activeParameters"
        }) {
      assertThat(run.json().get(key)).as(key).isEqualTo(checkpoint.get(key));
    }
    assertThat(run.json().propertyNames())
        .containsAll(
            checkpoint.propertyNames().stream()
                .filter(k ->
                    !List.of("quantisation", "maxPositions", "sizesFrom", "loading").contains(k))
                .toList());
    assertThat(run.json().get("bytesByRole").get("routedExperts").longValue())
        .isEqualTo(2 * checkpoint.get("bytesByRole").get("routedExperts").longValue());
    assertThat(run.json().get("source")).isEqualTo(checkpoint.get("fingerprint"));
    assertThat(run.json().get("findings")).isEmpty();
    assertThat(Run.of("inspect", out.resolve("model.onnx")).out())
        .startsWith(out.resolve("model.onnx") + "  qwen3_moe, ONNX\n")
        .contains("  computed by       com.microsoft.MoE\n")
        .contains(
            "  0  32 experts, 4 per token  4.7 MB  com.microsoft.MoE  router model.layers.0.mlp.gate.weight\n");
  }

  @Test
  void aMissingOnnxModelIsBadInput() {
    assertThat(Run.of("inspect", "model.onnx"))
        .isEqualTo(
            new Run(
                3,
                "",
                "moetool: model.onnx: no such file\n  name an .onnx file, or a folder with model.onnx\n"));
  }

  @Test
  void anUnknownModelTypeIsBadInput() {
    Path model = Golden.copy("olmoe", folder);
    Golden.edit(model.resolve("config.json"), "\"olmoe\"", "\"future_moe\"");

    Run run = Run.of("inspect", model);

    assertThat(run.code()).isEqualTo(3);
    assertThat(run.out()).isEmpty();
    assertThat(run.err())
        .startsWith(
            "moetool: %s: model type 'future_moe' is not known, but 69 of its 69 tensor names are those of "
                .formatted(model.resolve("config.json")))
        .contains("olmoe", "name that one with --family; ", "known: ", "qwen3_moe");
  }

  /** What the user answers for is computed as asked, and written down wherever it mattered. */
  @Test
  void anUnknownModelTypeIsTakenForTheFamilyThatIsNamed() {
    Path known = Golden.copy("olmoe", folder.resolve("known"));
    Path model = Golden.copy("olmoe", folder);
    Golden.edit(model.resolve("config.json"), "\"olmoe\"", "\"future_moe\"");
    String said = "model type 'future_moe' is not known and taken for olmoe, as --family says";
    Path plan = folder.resolve("plan.json");
    Path out = folder.resolve("out");

    JsonNode inspection = Run.of("inspect", model, "--family", "olmoe", "--json").json();
    Run decision =
        Run.of("plan", model, "--method", "random", "--keep", 4, "-o", plan, "--family", "olmoe");
    Run prune = Run.of("prune", model, "--plan", plan, "-o", out, "--family", "olmoe");

    assertThat(inspection.get("family").stringValue()).isEqualTo("olmoe");
    assertThat(inspection.get("findings").toString()).contains(said);
    assertThat(prune.code()).as(prune.err()).isZero();
    assertThat(decision.err()).contains(said);
    assertThat(plan).content().contains(said);
    assertThat(out.resolve("moetool-manifest.json"))
        .content()
        .contains("\"assumedFamily\": \"olmoe\"", said);
    assertThat(out.resolve("README.md")).content().contains("taken for olmoe");
    assertThat(Run.of("verify", out, "--source", model, "--family", "olmoe").code()).isZero();
    assertThat(Run.of("verify", out).code()).isEqualTo(4);
    assertThat(Run.of("inspect", known, "--family", "mixtral").err())
        .contains("model type 'olmoe' is of the family olmoe, not of mixtral");
    assertThat(Run.of("inspect", model, "--family", "nonsense").code()).isEqualTo(2);
  }

  /** It may be what the model computes otherwise; looking is allowed, computing is not. */
  @Test
  void aTensorThatAnAssumedFamilyDoesNotKnowStopsAllThatComputes() throws IOException {
    Path model = Golden.copy("olmoe", folder);
    Golden.edit(model.resolve("config.json"), "\"olmoe\"", "\"future_moe\"");
    Path weights = model.resolve("model.safetensors");
    Files.writeString(
        weights,
        Files.readString(weights, StandardCharsets.ISO_8859_1)
            .replace("layers.1.self_attn.q_norm", "layers.1.self_attn.z_norm"),
        StandardCharsets.ISO_8859_1);
    String name = "model.layers.1.self_attn.z_norm.weight";
    String said = "'%s': is not known to the family olmoe, which is only assumed".formatted(name);
    Path plan = folder.resolve("plan.json");

    Run inspect = Run.of("inspect", model, "--family", "olmoe");
    Run decision =
        Run.of("plan", model, "--method", "random", "--keep", 4, "-o", plan, "--family", "olmoe");

    assertThat(inspect.code()).as(inspect.err()).isZero();
    assertThat(inspect.out()).contains("  error  ", said);
    assertThat(decision.code()).isEqualTo(3);
    assertThat(decision.err()).contains(said);
    assertThat(plan).doesNotExist();
  }

  @Test
  void aFamilyThatTheTensorsAreNotOfIsRefusedBeforeAnythingIsWritten() {
    Path model = Golden.copy("olmoe", folder);
    Golden.edit(model.resolve("config.json"), "\"olmoe\"", "\"future_moe\"");
    Path plan = folder.resolve("plan.json");

    Run run =
        Run.of("plan", model, "--method", "random", "--keep", 4, "-o", plan, "--family", "mixtral");

    assertThat(run.code()).isEqualTo(3);
    assertThat(run.err()).contains("tensors and config.json disagree");
    assertThat(plan).doesNotExist();
  }

  @Test
  void disagreementsAreFindings() {
    Path model = Golden.copy("olmoe", folder);
    int experts = Run.of("inspect", model, "--json").json().get("experts").intValue();
    Golden.edit(
        model.resolve("config.json"),
        "\"num_experts\": " + experts,
        "\"num_experts\": " + (experts + 1));

    JsonNode json = Run.of("inspect", model, "--json").json();

    assertThat(json.get("findings").get(0).get("severity").stringValue()).isEqualTo("error");
    assertThat(json.get("findings").toString()).contains("expert " + experts + " is missing");
    assertThat(json.get("loading").get(0).get("verdict").stringValue()).isEqualTo("no");
    assertThat(Run.of("inspect", model).out()).contains("  error  ");
  }
}
