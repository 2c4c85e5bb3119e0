package io.moetool.transforms.exported;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moetool.analyzers.saliency.SaliencyCatalog;
import io.moetool.analyzers.statistics.MeasuredModel;
import io.moetool.analyzers.statistics.Statistics;
import io.moetool.formats.BadInputException;
import io.moetool.formats.exported.ExportedModel;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.onnx.OnnxFile;
import io.moetool.formats.onnx.OnnxTensor;
import io.moetool.formats.onnx.OnnxType;
import io.moetool.formats.publish.Leftover;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.runtime.graph.ExpertIntegers;
import io.moetool.runtime.graph.ExportPrecision;
import io.moetool.runtime.graph.OperatorForm;
import io.moetool.runtime.ort.Device;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.Logits;
import io.moetool.runtime.run.OnnxModel;
import io.moetool.runtime.run.Predictions;
import io.moetool.runtime.run.RunProgress;
import io.moetool.runtime.run.WorkPool;
import io.moetool.runtime.text.SequenceData;
import io.moetool.runtime.text.TokenSequence;
import io.moetool.transforms.GoldenModel;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.convert.ExportSource;
import io.moetool.transforms.convert.OnnxExport;
import io.moetool.transforms.plan.MeasuredEvidence;
import io.moetool.transforms.plan.Plan;
import io.moetool.transforms.plan.PlanRequest;
import io.moetool.transforms.plan.Planner;
import io.moetool.transforms.plan.Target;
import io.moetool.transforms.prune.PruneResult;
import io.moetool.transforms.prune.Pruner;
import io.moetool.transforms.verify.Verifier;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Taking experts away from an export, and exporting what is left of a checkpoint, are the same. */
class ExportPrunerTest {
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

  /** One of every way to route, to store experts, and to share constants among layers. */
  static List<Path> checkpoints() {
    return Stream.concat(
            Stream.of(BUNDLED),
            Stream.of(
                    "deepseek-v2",
                    "deepseek-v3",
                    "ernie4-5-moe",
                    "flex-olmo",
                    "glm4-moe-groups",
                    "gpt-oss",
                    "granitemoeshared",
                    "hunyuan-v1-moe",
                    "llama4",
                    "minimax-m2",
                    "mixtral",
                    "olmoe",
                    "phimoe",
                    "qwen2-moe",
                    "qwen3-moe-dense-layer",
                    "qwen3-next")
                .map(GOLDEN::resolve))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void aPrunedExportIsTheExportOfThePrunedCheckpoint(Path checkpoint) {
    assertSame(checkpoint, OperatorForm.FUSED, ExportPrecision.FLOAT32);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "deepseek-v3",
        "gpt-oss",
        "llama4-dense-layers",
        "mixtral",
        "phimoe",
        GoldenModel.ENCODER_DECODER
      })
  void subgraphsOfExpertsAreTakenOut(String name) {
    assertSame(new GoldenModel(name).folder(), OperatorForm.STANDARD, ExportPrecision.FLOAT32);
  }

  @ParameterizedTest
  @EnumSource
  void expertsStoredAsIntegersAreCutAsTheyAre(ExpertIntegers type) {
    assertSame(
        BUNDLED,
        OperatorForm.FUSED,
        new ExportPrecision(OnnxType.BFLOAT16, Optional.of(type), Map.of()));
  }

  @Test
  void expertsBesideTheOperatorKeepAModelFromBeingCut() {
    export(
        BUNDLED,
        folder.resolve("onnx"),
        OperatorForm.FUSED,
        new ExportPrecision(
            OnnxType.FLOAT, Optional.of(ExpertIntegers.INT8), Map.of(1, Set.of(3))));
    try (ExportedModel model = ExportedModel.open(folder.resolve("onnx"), FAMILIES)) {
      assertThatThrownBy(() -> PlannedExport.of(model))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("model.onnx, layer 1: its experts cannot be taken away: router: ")
          .hasMessageContaining("is also used by Gather")
          .hasMessageContaining("prune the checkpoint it was made from");
    }
  }

  @Test
  void aPlanForAnotherCheckpointIsRefused() {
    export(
        GOLDEN.resolve("mixtral"),
        folder.resolve("onnx"),
        OperatorForm.FUSED,
        ExportPrecision.FLOAT32);
    try (SourceModel other = SourceModel.open(GOLDEN.resolve("mixtral-window"), FAMILIES);
        ExportedModel model = ExportedModel.open(folder.resolve("onnx"), FAMILIES)) {
      PlannedExport planned = PlannedExport.of(model);
      Plan plan = planned.adopt(plan(other));
      assertThatThrownBy(() -> new ExportPruner(model, planned, "test").preview("plan.json", plan))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("it was made for another checkpoint");
    }
  }

  private void assertSame(Path checkpoint, OperatorForm form, ExportPrecision precision) {
    Path exported = folder.resolve("exported");
    Path expected = folder.resolve("expected");
    Path actual = folder.resolve("actual");
    export(checkpoint, exported, form, precision);
    try (SourceModel source = SourceModel.open(checkpoint, FAMILIES)) {
      Plan plan = plan(source);
      Path pruned = folder.resolve("pruned");
      new Pruner(source, "test")
          .prune("plan", plan, OptionalLong.empty(), pruned, WriteProgress.none());
      export(pruned, expected, form, precision);
      try (ExportedModel model = ExportedModel.open(exported, FAMILIES)) {
        PlannedExport planned = PlannedExport.of(model);
        Plan adopted = planned.adopt(plan);
        assertThat(adopted.source().sibling()).contains(source.fingerprint());
        PruneResult result =
            new ExportPruner(model, planned, "test")
                .prune("plan", adopted, actual, Leftover.REFUSE, WriteProgress.none());
        assertThat(result.bytesAfter()).isEqualTo(adopted.forecast().bytesAfter());
      }
    }
    try (OnnxFile one = OnnxFile.open(expected);
        OnnxFile two = OnnxFile.open(actual)) {
      // Tensors of single experts keep their names, which the checkpoint numbers anew.
      List<String> names = form == OperatorForm.FUSED ? weights(one) : List.of();
      assertThat(form == OperatorForm.FUSED ? weights(two) : names).isEqualTo(names);
      for (String name : names) {
        assertSame(
            Objects.requireNonNull(one.tensors().get(name)),
            Objects.requireNonNull(two.tensors().get(name)));
      }
      assertThat(two.metadata().get(ExportedModel.SOURCE)).isNull();
    }
    assertThat(actual.resolve("model.onnx.data"))
        .hasSameBinaryContentAs(expected.resolve("model.onnx.data"));
    assertThat(actual.resolve("config.json"))
        .hasSameBinaryContentAs(expected.resolve("config.json"));
    assertThat(logits(actual)).isEqualTo(logits(expected));
    assertThat(new Verifier(FAMILIES, WriteProgress.none()).verify(actual).findings()).isEmpty();
  }

  /** Without constants, which are numbered by their first use; two may have become the same. */
  private static List<String> weights(OnnxFile model) {
    return model.tensors().sequencedKeySet().stream()
        .filter(name -> !name.startsWith("constant_"))
        .toList();
  }

  private static void assertSame(OnnxTensor expected, OnnxTensor actual) {
    assertThat(actual.shape()).as(expected.name()).isEqualTo(expected.shape());
    assertThat(actual.type()).as(expected.name()).isEqualTo(expected.type());
    assertThat(actual.bytes().mismatch(expected.bytes())).as(expected.name()).isEqualTo(-1);
  }

  /** By lot, half of the experts, or what groups allow. */
  private static Plan plan(SourceModel source) {
    Statistics nothing =
        Statistics.none(MeasuredModel.of(source.architecture(), source.fingerprint()));
    int experts = source.architecture().moe().experts();
    int perToken = source.architecture().moe().routing().expertsPerToken();
    return new Planner(source.architecture(), source.tensors(), source.fingerprint(), "test")
        .prune(
            MeasuredEvidence.of(
                "lots", nothing, SaliencyCatalog.named("random", 3), OptionalLong.of(3)),
            PlanRequest.of(Target.keep(Math.max(experts / 2, perToken))));
  }

  private static void export(
      Path checkpoint, Path out, OperatorForm form, ExportPrecision precision) {
    try (SourceModel source = SourceModel.open(checkpoint, FAMILIES)) {
      new OnnxExport(ExportSource.of(source), form, precision, "test", ENGINE, POOL)
          .write(out, WriteProgress.none());
    }
  }

  private static float[] logits(Path model) {
    int[] tokens = new SplittableRandom(5).ints(8, 0, 24).toArray();
    try (OnnxModel open = new OnnxModel(model.resolve("model.onnx"), ENGINE)) {
      int[] source = open.input().hasSource() ? tokens : new int[0];
      SequenceData data = new SequenceData(List.of(new TokenSequence("all", source, tokens)));
      try (Predictions predictions = open.predict(data, RunProgress.NONE);
          Logits logits = predictions.logits(0)) {
        return logits.rows(0, tokens.length).segment().toArray(ValueLayout.JAVA_FLOAT);
      }
    }
  }
}
