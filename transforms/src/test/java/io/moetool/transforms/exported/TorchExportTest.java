package io.moetool.transforms.exported;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.moetool.analyzers.inspect.OnnxInspection;
import io.moetool.analyzers.inspect.OnnxInspector;
import io.moetool.formats.exported.ExportedModel;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.json.Json;
import io.moetool.formats.publish.Leftover;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.kernels.FloatMatrix;
import io.moetool.runtime.ort.Device;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.Logits;
import io.moetool.runtime.run.OnnxModel;
import io.moetool.runtime.run.Predictions;
import io.moetool.runtime.run.RunProgress;
import io.moetool.runtime.text.SequenceData;
import io.moetool.runtime.text.TokenSequence;
import io.moetool.transforms.plan.MaskFile;
import io.moetool.transforms.plan.Plan;
import io.moetool.transforms.plan.PlanRequest;
import io.moetool.transforms.plan.Planner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Models as torch's exporters write them; numbers by torch (interop/make_exported_models.py). */
class TorchExportTest {
  private static final Path GOLDEN = Path.of("src/test/resources/exported");
  private static final FamilyCatalog FAMILIES = FamilyCatalog.builtIn();
  private static final OrtEngine ENGINE = OrtEngine.open(Device.CPU);
  private static final double TOLERANCE = 1e-5;

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "batched, matrices gathered by choice, layers.0.mlp.gate.weight, true",
    "batched-torchscript, matrices gathered by choice, onnx::MatMul_, true",
    "compared, a subgraph per expert, layers.0.mlp.gate.weight, false",
    "compared-torchscript, a subgraph per expert, onnx::MatMul_, false",
    "dense, a subgraph per expert, layers.0.mlp.gate.weight, true",
    "dense-torchscript, a subgraph per expert, onnx::MatMul_, true",
    "loop, a subgraph per expert, layers.0.mlp.gate.weight, true",
    "loop-torchscript, a subgraph per expert, onnx::MatMul_, true"
  })
  void layersExpertsAndRoutersAreFound(
      String name, String operator, String router, boolean renormalised) {
    try (ExportedModel model = ExportedModel.open(GOLDEN.resolve(name + ".onnx"), FAMILIES)) {
      assertThat(model.layers()).hasSize(2);
      assertThat(model.layers()).allMatch(layer -> layer.obstacle().isEmpty());
      assertThat(model.layers()).allMatch(layer -> layer.renormalised() == renormalised);
      OnnxInspection inspection = new OnnxInspector(model).inspect();
      assertThat(inspection.operators()).containsExactly(operator);
      assertThat(inspection.experts()).isEqualTo(5);
      assertThat(inspection.expertsPerToken()).isEqualTo(2);
      assertThat(inspection.hidden()).isEqualTo(8);
      assertThat(inspection.expertWidth()).isEqualTo(6);
      assertThat(inspection.expertLayers().getFirst().router()).startsWith(router);
      // 2 layers of 5 experts of three matrices of 8 by 6 float32.
      assertThat(inspection.bytesByRole()).containsEntry("routedExperts", 2 * 5 * 3 * 48 * 4L);
      assertThat(inspection.bytesByRole()).containsEntry("router", 2 * 5 * 8 * 4L);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "batched",
        "batched-torchscript",
        "compared",
        "compared-torchscript",
        "dense",
        "dense-torchscript",
        "loop",
        "loop-torchscript"
      })
  void aPrunedModelComputesWhatTorchComputesWithoutTheExperts(String name) throws IOException {
    Path source = GOLDEN.resolve(name + ".onnx");
    JsonNode expected = Json.readObject(GOLDEN.resolve(name + ".json"));
    Path mask = folder.resolve("mask.json");
    Files.writeString(mask, Objects.requireNonNull(expected.get("mask")).toString());
    Path out = folder.resolve("out");
    try (ExportedModel model = ExportedModel.open(source, FAMILIES)) {
      PlannedExport planned = PlannedExport.of(model);
      MaskFile.Choice choice =
          MaskFile.read(mask, planned.fingerprint(), planned.moe().layers(), 5);
      Plan plan =
          new Planner(planned, "test").prune(choice.evidence(), PlanRequest.of(choice.target()));
      new ExportPruner(model, planned, "test")
          .prune("plan", plan, out, Leftover.REFUSE, WriteProgress.none());
    }
    assertLogits(source, expected, "logits");
    assertLogits(out.resolve("model.onnx"), expected, "prunedLogits");
    try (ExportedModel pruned = ExportedModel.open(out, FAMILIES)) {
      assertThat(pruned.layers()).hasSize(2);
      assertThat(pruned.layers()).allMatch(layer -> layer.experts() == 3);
    }
  }

  private static void assertLogits(Path file, JsonNode expected, String key) {
    JsonNode rows = Objects.requireNonNull(expected.get("tokens"));
    JsonNode logits = Objects.requireNonNull(expected.get(key));
    try (OnnxModel model = new OnnxModel(file, ENGINE)) {
      for (int row = 0; row < rows.size(); row++) {
        int[] tokens = ints(rows.get(row));
        SequenceData data = new SequenceData(List.of(new TokenSequence("all", tokens)));
        try (Predictions predictions = model.predict(data, RunProgress.NONE);
            Logits found = predictions.logits(0)) {
          FloatMatrix values = found.rows(0, tokens.length);
          for (int token = 0; token < tokens.length; token++) {
            for (int entry = 0; entry < values.columns(); entry++) {
              assertThat((double) values.get(token, entry))
                  .as("%s, row %d, token %d, entry %d", key, row, token, entry)
                  .isCloseTo(
                      logits.get(row).get(token).get(entry).doubleValue(), within(TOLERANCE));
            }
          }
        }
      }
    }
  }

  private static int[] ints(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).mapToInt(JsonNode::intValue).toArray();
  }
}
