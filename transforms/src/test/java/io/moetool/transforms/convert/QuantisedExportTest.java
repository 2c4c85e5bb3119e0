package io.moetool.transforms.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.onnx.OnnxFile;
import io.moetool.formats.onnx.OnnxType;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.runtime.graph.ExpertIntegers;
import io.moetool.runtime.graph.ExportPrecision;
import io.moetool.runtime.graph.OperatorForm;
import io.moetool.runtime.ort.Device;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.RunProgress;
import io.moetool.runtime.run.WorkPool;
import io.moetool.transforms.GoldenModel;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.evaluate.Evaluator;
import io.moetool.transforms.evaluate.OpenModel;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Exports whose experts are integers, or whose matrices have 16 bits. */
class QuantisedExportTest {
  private static final FamilyCatalog FAMILIES = FamilyCatalog.builtIn();
  private static final OrtEngine ENGINE = OrtEngine.open(Device.CPU);
  private static final WorkPool POOL = new WorkPool(2);

  @TempDir private Path folder;

  @AfterAll
  static void stop() {
    POOL.close();
  }

  /** Ways to route and to store experts: each differs from the others in what the graph holds. */
  static Stream<Arguments> modelsAndIntegers() {
    return Stream.of(
            "mixtral",
            "qwen3-moe-raw-gates",
            "qwen3-moe-fused",
            "gpt-oss",
            "deepseek-v3",
            "llama4",
            "phimoe")
        .flatMap(name -> Stream.of(ExpertIntegers.values()).map(type -> Arguments.of(name, type)));
  }

  @ParameterizedTest
  @MethodSource("modelsAndIntegers")
  void bothFormsComputeTheSame(String name, ExpertIntegers type) {
    ExportPrecision precision = new ExportPrecision(OnnxType.FLOAT, Optional.of(type), Map.of());
    ConversionResult fused = export(name, OperatorForm.FUSED, precision, "fused");
    ConversionResult standard = export(name, OperatorForm.STANDARD, precision, "standard");

    assertThat(meanNll(name, "fused")).isCloseTo(meanNll(name, "standard"), within(2e-5));
    assertThat(fused.expertWeightError())
        .isCloseTo(standard.expertWeightError(), within(1e-9))
        .isBetween(1e-4, type == ExpertIntegers.INT8 ? 0.01 : 0.2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"mixtral", "gpt-oss", "deepseek-v3", "llama4"})
  void expertsThatAreAllKeptLoseNothing(String name) {
    ExportPrecision precision =
        new ExportPrecision(OnnxType.FLOAT, Optional.of(ExpertIntegers.INT4), kept(name, 1));
    export(name, OperatorForm.FUSED, precision, "kept");
    assertThat(meanNll(name, "kept")).isCloseTo(expected(name), within(2e-5));
  }

  @ParameterizedTest
  @ValueSource(strings = {"mixtral", "deepseek-v3"})
  void bothFormsComputeTheSameWithEverySecondExpertKept(String name) {
    ExportPrecision precision =
        new ExportPrecision(OnnxType.FLOAT, Optional.of(ExpertIntegers.INT4), kept(name, 2));
    export(name, OperatorForm.FUSED, precision, "fused");
    export(name, OperatorForm.STANDARD, precision, "standard");
    assertThat(meanNll(name, "fused")).isCloseTo(meanNll(name, "standard"), within(2e-5));
  }

  @Test
  void aBfloat16CheckpointLosesNothingInItsOwnType() {
    String name = "qwen3-moe-bf16";
    ConversionResult wide = export(name, OperatorForm.FUSED, ExportPrecision.FLOAT32, "wide");
    ConversionResult narrow =
        export(
            name,
            OperatorForm.FUSED,
            new ExportPrecision(OnnxType.BFLOAT16, Optional.empty(), Map.of()),
            "narrow");
    assertThat(narrow.bytesAfter()).isLessThan(wide.bytesAfter() * 3 / 4);
    assertThat(meanNll(name, "narrow")).isCloseTo(meanNll(name, "wide"), within(1e-9));
  }

  @Test
  void float16LosesLittle() {
    ConversionResult result =
        export(
            "mixtral",
            OperatorForm.FUSED,
            new ExportPrecision(OnnxType.FLOAT16, Optional.empty(), Map.of()),
            "half");
    assertThat(result.relativeLogitDifference()).isBetween(1e-7, 2e-3);
    assertThat(meanNll("mixtral", "half")).isCloseTo(expected("mixtral"), within(2e-3));
  }

  /** Every token multiplies by a decay, so that its rounding would count once for each of them. */
  @Test
  void decaysOfAStateAreNotRounded() {
    export(
        "jamba",
        OperatorForm.FUSED,
        new ExportPrecision(OnnxType.FLOAT16, Optional.empty(), Map.of()),
        "half");
    assertThat(type("half", "model.layers.0.mamba.A_log")).isEqualTo("F32");
    assertThat(type("half", "model.layers.0.mamba.in_proj.weight")).isEqualTo("F16");
    assertThat(meanNll("jamba", "half")).isCloseTo(expected("jamba"), within(2e-3));
  }

  private String type(String exported, String tensor) {
    Path model = folder.resolve(exported).resolve(OnnxFile.MODEL_FILE);
    try (OnnxFile file = OnnxFile.open(model)) {
      return file.tensors().values().stream()
          .filter(stored -> stored.name().equals(tensor))
          .findFirst()
          .orElseThrow()
          .typeName();
    }
  }

  private ConversionResult export(
      String name, OperatorForm form, ExportPrecision precision, String to) {
    try (SourceModel source = new GoldenModel(name).open()) {
      return new OnnxExport(ExportSource.of(source), form, precision, "test", ENGINE, POOL)
          .write(folder.resolve(to), WriteProgress.none());
    }
  }

  /** Every so manieth expert of every layer with experts. */
  private static Map<Integer, Set<Integer>> kept(String name, int step) {
    try (SourceModel source = new GoldenModel(name).open()) {
      int experts = source.architecture().moe().experts();
      Map<Integer, Set<Integer>> kept = new HashMap<>();
      for (int layer = 0; layer < source.architecture().layers(); layer++) {
        kept.put(
            layer,
            IntStream.iterate(0, expert -> expert < experts, expert -> expert + step)
                .boxed()
                .collect(Collectors.toSet()));
      }
      return kept;
    }
  }

  private static double expected(String name) {
    return new GoldenModel(name).expected().get("meanNll").doubleValue();
  }

  private double meanNll(String name, String exported) {
    try (OpenModel open = OpenModel.open(folder.resolve(exported), FAMILIES, ENGINE, POOL)) {
      return new Evaluator(ENGINE, POOL)
          .evaluate(open.model(), new GoldenModel(name).sequences(), RunProgress.NONE)
          .meanNll();
    }
  }
}
