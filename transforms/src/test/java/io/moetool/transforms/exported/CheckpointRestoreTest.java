package io.moetool.transforms.exported;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moetool.formats.BadInputException;
import io.moetool.formats.TensorView;
import io.moetool.formats.exported.ExportedModel;
import io.moetool.formats.family.CheckpointStructure;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.onnx.OnnxType;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.runtime.graph.ExpertIntegers;
import io.moetool.runtime.graph.ExportPrecision;
import io.moetool.runtime.graph.OperatorForm;
import io.moetool.runtime.ort.Device;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.WorkPool;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.convert.ExportSource;
import io.moetool.transforms.convert.OnnxExport;
import io.moetool.transforms.verify.Verifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A checkpoint that was exported and made of the export again is the same checkpoint. */
class CheckpointRestoreTest {
  private static final Path GOLDEN = Path.of("../runtime/src/test/resources/golden");
  private static final FamilyCatalog FAMILIES = FamilyCatalog.builtIn();
  private static final OrtEngine ENGINE = OrtEngine.open(Device.CPU);
  private static final WorkPool POOL = new WorkPool(2);

  @TempDir private Path folder;

  @AfterAll
  static void stop() {
    POOL.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "deepseek-v3",
        "ernie4-5-moe",
        "glm4-moe",
        "gpt-oss",
        "granitemoe",
        "granitemoeshared",
        "llama4",
        "minimax-m2",
        "mixtral",
        "olmoe",
        "phimoe",
        "qwen2-moe",
        "qwen3-moe",
        "qwen3-moe-tied",
        "qwen3-next"
      })
  void everyTensorHasTheBytesOfTheSource(String name) {
    export(name, OperatorForm.FUSED, ExportPrecision.FLOAT32);
    restore();
    assertSame(name);
    assertSameView(name);
  }

  @ParameterizedTest
  @ValueSource(strings = {"mixtral", "qwen3-next"})
  void operatorsOfTheStandardNameTheSameTensors(String name) {
    export(name, OperatorForm.STANDARD, ExportPrecision.FLOAT32);
    restore();
    assertSame(name);
    assertSameView(name);
  }

  @Test
  void expertsStoredAsIntegersAreRefused() {
    export(
        "mixtral",
        OperatorForm.FUSED,
        new ExportPrecision(OnnxType.FLOAT, Optional.of(ExpertIntegers.INT8), Map.of()));
    assertThatThrownBy(this::restore)
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(
            "is not in the graph as floats: experts are computed by com.microsoft.QMoE");
    assertThat(Files.exists(folder.resolve("restored"))).isFalse();
  }

  @Test
  void withoutAConfigNothingSaysWhatACheckpointLooksLike() throws IOException {
    export("mixtral", OperatorForm.FUSED, ExportPrecision.FLOAT32);
    Files.delete(folder.resolve("onnx/config.json"));
    assertThatThrownBy(this::restore)
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("there is no config.json beside it");
  }

  /** The fingerprint is of config, names, types, shapes and, in models as small, all bytes. */
  private void assertSame(String name) {
    try (SourceModel source = SourceModel.open(GOLDEN.resolve(name), FAMILIES);
        SourceModel restored = SourceModel.open(folder.resolve("restored"), FAMILIES)) {
      assertThat(restored.tensors().names())
          .containsExactlyInAnyOrderElementsOf(source.tensors().names());
      assertThat(restored.fingerprint()).isEqualTo(source.fingerprint());
      assertThat(CheckpointStructure.check(restored.architecture(), restored.tensors())).isEmpty();
    }
    assertThat(
            new Verifier(FAMILIES, WriteProgress.none())
                .verify(folder.resolve("restored"))
                .findings())
        .isEmpty();
  }

  /** Without anything written. */
  private void assertSameView(String name) {
    try (SourceModel source = SourceModel.open(GOLDEN.resolve(name), FAMILIES);
        SourceModel view =
            RestoredCheckpoint.of(ExportedModel.open(folder.resolve("onnx"), FAMILIES), "f")) {
      assertThat(view.tensors().names())
          .containsExactlyInAnyOrderElementsOf(source.tensors().names());
      for (String tensor : source.tensors().names()) {
        TensorView expected = source.tensors().view(tensor);
        assertThat(view.tensors().view(tensor).info()).isEqualTo(expected.info());
        assertThat(view.tensors().view(tensor).bytes().mismatch(expected.bytes()))
            .as(tensor)
            .isEqualTo(-1);
      }
    }
  }

  private void restore() {
    try (ExportedModel model = ExportedModel.open(folder.resolve("onnx"), FAMILIES)) {
      new CheckpointRestore(model, "test").write(folder.resolve("restored"), WriteProgress.none());
    }
  }

  private void export(String name, OperatorForm form, ExportPrecision precision) {
    try (SourceModel source = SourceModel.open(GOLDEN.resolve(name), FAMILIES)) {
      new OnnxExport(ExportSource.of(source), form, precision, "test", ENGINE, POOL)
          .write(folder.resolve("onnx"), WriteProgress.none());
    }
  }
}
