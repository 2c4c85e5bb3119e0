package io.moetool.transforms.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.moetool.formats.BadInputException;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.json.Json;
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
import io.moetool.runtime.text.TokenSequence;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.evaluate.Evaluation;
import io.moetool.transforms.evaluate.Evaluator;
import io.moetool.transforms.evaluate.OpenModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

class OnnxExportTest {
  private static final Path GOLDEN = Path.of("../runtime/src/test/resources/golden");
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
    try (Stream<Path> models = Files.list(GOLDEN)) {
      return models
          .filter(model -> Files.exists(model.resolve("config.json")))
          .map(model -> model.getFileName().toString())
          .sorted()
          .toList()
          .stream()
          .flatMap(name -> Stream.of(OperatorForm.values()).map(form -> Arguments.of(name, form)));
    }
  }

  @ParameterizedTest
  @MethodSource("checkpointsInBothForms")
  void exportedModelsLoseWhatTheReferenceLibrarySays(String name, OperatorForm form) {
    Path model = GOLDEN.resolve(name);
    JsonNode expected = Json.readObject(model.resolve("expected.json"));
    Path exported = export(model, form);
    assertThat(evaluate(exported, sequences(expected)).meanNll())
        .isCloseTo(expected.get("meanNll").doubleValue(), within(2e-5));
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
    assertThatThrownBy(() -> export(GOLDEN.resolve("mixtral"), OperatorForm.FUSED, out))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("exists");
    assertThat(out.resolve("keep")).hasContent("me");
  }

  @Test
  void anOutputThatEndsInOnnxNamesTheFile() {
    Path out = folder.resolve("small.onnx");
    export(GOLDEN.resolve("mixtral"), OperatorForm.FUSED, out);
    assertThat(folder.toFile().list()).containsExactlyInAnyOrder("small.onnx", "small.onnx.data");
  }

  @Test
  void theSameExportHasTheSameBytes() throws IOException {
    Path first = folder.resolve("first");
    Path second = folder.resolve("second");
    export(GOLDEN.resolve("qwen3-moe"), OperatorForm.FUSED, first);
    export(GOLDEN.resolve("qwen3-moe"), OperatorForm.FUSED, second);
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
      new OnnxExport(source, form, ExportPrecision.FLOAT32, "test", ENGINE, POOL)
          .write(out, WriteProgress.none());
    }
  }

  private static Evaluation evaluate(Path model, SequenceData data) {
    try (OpenModel open = OpenModel.open(model, FAMILIES, ENGINE, POOL)) {
      return new Evaluator(ENGINE, POOL).evaluate(open.model(), data, RunProgress.NONE);
    }
  }

  private static SequenceData sequences(JsonNode expected) {
    List<TokenSequence> sequences = new ArrayList<>();
    for (JsonNode sequence : expected.get("sequences")) {
      JsonNode ids = sequence.get("tokens");
      int[] tokens = new int[ids.size()];
      for (int i = 0; i < tokens.length; i++) {
        tokens[i] = ids.get(i).intValue();
      }
      sequences.add(new TokenSequence("all", tokens));
    }
    return new SequenceData(sequences);
  }
}
