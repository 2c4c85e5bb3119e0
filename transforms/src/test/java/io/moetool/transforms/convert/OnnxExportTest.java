package io.moetool.transforms.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.moetool.formats.BadInputException;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.runtime.graph.ExportPrecision;
import io.moetool.runtime.graph.OperatorForm;
import io.moetool.runtime.ort.Device;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.RunProgress;
import io.moetool.runtime.run.WorkPool;
import io.moetool.runtime.text.DataLimits;
import io.moetool.runtime.text.DataReader;
import io.moetool.runtime.text.ModelInput;
import io.moetool.runtime.text.SequenceData;
import io.moetool.transforms.GoldenModel;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.evaluate.Evaluation;
import io.moetool.transforms.evaluate.Evaluator;
import io.moetool.transforms.evaluate.OpenModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class OnnxExportTest {
  private static final Path BUNDLED = Path.of("../examples/tinymoe-6d");
  private static final FamilyCatalog FAMILIES = FamilyCatalog.builtIn();
  private static final OrtEngine ENGINE = OrtEngine.open(Device.CPU);
  private static final WorkPool POOL = new WorkPool(2);

  @TempDir private Path folder;

  @AfterAll
  static void stop() {
    POOL.close();
  }

  static Stream<Arguments> checkpointsInBothForms() throws IOException {
    return inBothForms(Stream.concat(GoldenModel.names(), Stream.of(GoldenModel.ENCODER_DECODER)));
  }

  /** Those whose exports go on from what they remember. */
  static Stream<Arguments> decodersInBothForms() throws IOException {
    return inBothForms(GoldenModel.names());
  }

  private static Stream<Arguments> inBothForms(Stream<String> names) {
    return names.flatMap(
        name -> Stream.of(OperatorForm.values()).map(form -> Arguments.of(name, form)));
  }

  @ParameterizedTest
  @MethodSource("checkpointsInBothForms")
  void exportedModelsLoseWhatTheReferenceLibrarySays(String name, OperatorForm form) {
    GoldenModel model = new GoldenModel(name);
    Path exported = export(model.folder(), form);
    assertThat(evaluate(exported, model.sequences()).meanNll())
        .isCloseTo(model.expected().get("meanNll").doubleValue(), within(2e-5));
  }

  @ParameterizedTest
  @EnumSource
  void bundledModelLosesTheSameAsACheckpointAndExported(OperatorForm form) {
    SequenceData data =
        DataReader.read(
            List.of(Path.of("../examples/text/heldout.jsonl")),
            () -> io.moetool.runtime.text.Tokenizer.open(BUNDLED),
            ModelInput.ofText(4096, 256),
            new DataLimits(256, 12, Long.MAX_VALUE));
    double checkpoint = evaluate(BUNDLED, data).meanNll();
    assertThat(evaluate(export(BUNDLED, form), data).meanNll()).isCloseTo(checkpoint, within(2e-5));
  }

  @Test
  void anExistingOutputStaysAsItIs() throws IOException {
    Path out = Files.createDirectory(folder.resolve("there"));
    Files.writeString(out.resolve("keep"), "me");
    assertThatThrownBy(() -> export(new GoldenModel("mixtral").folder(), OperatorForm.FUSED, out))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("exists");
    assertThat(out.resolve("keep")).hasContent("me");
  }

  @Test
  void anOutputThatEndsInOnnxNamesTheFile() {
    Path out = folder.resolve("small.onnx");
    export(new GoldenModel("mixtral").folder(), OperatorForm.FUSED, out);
    assertThat(folder.toFile().list()).containsExactlyInAnyOrder("small.onnx", "small.onnx.data");
  }

  @Test
  void theSameExportHasTheSameBytes() throws IOException {
    Path first = folder.resolve("first");
    Path second = folder.resolve("second");
    export(new GoldenModel("qwen3-moe").folder(), OperatorForm.FUSED, first);
    export(new GoldenModel("qwen3-moe").folder(), OperatorForm.FUSED, second);
    try (Stream<Path> files = Files.list(first)) {
      for (Path file : files.toList()) {
        assertThat(second.resolve(file.getFileName())).hasSameBinaryContentAs(file);
      }
    }
  }

  private Path export(Path model, OperatorForm form) {
    Path out = folder.resolve(form.key());
    export(model, form, out);
    return out;
  }

  private static void export(Path model, OperatorForm form, Path out) {
    try (SourceModel source = SourceModel.open(model, FAMILIES)) {
      new OnnxExport(ExportSource.of(source), form, ExportPrecision.FLOAT32, "test", ENGINE, POOL)
          .write(out, WriteProgress.none());
    }
  }

  private static Evaluation evaluate(Path model, SequenceData data) {
    try (OpenModel open = OpenModel.open(model, FAMILIES, ENGINE, POOL)) {
      return new Evaluator(ENGINE, POOL).evaluate(open.model(), data, RunProgress.NONE);
    }
  }
}
