package io.moetool.transforms.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.moetool.formats.BadInputException;
import io.moetool.formats.checkpoint.Manifest;
import io.moetool.formats.exported.ExportedModel;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.family.RouterSpec;
import io.moetool.formats.json.Json;
import io.moetool.formats.onnx.OnnxMoeLayer;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.runtime.graph.ExportPrecision;
import io.moetool.runtime.graph.OperatorForm;
import io.moetool.runtime.ort.Device;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.CheckpointModel;
import io.moetool.runtime.run.ExpertMask;
import io.moetool.runtime.run.LanguageModel;
import io.moetool.runtime.run.RunProgress;
import io.moetool.runtime.run.WorkPool;
import io.moetool.transforms.GoldenModel;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.evaluate.Evaluator;
import io.moetool.transforms.evaluate.OpenModel;
import io.moetool.transforms.exported.CheckpointRestore;
import io.moetool.transforms.exported.PlannedExport;
import io.moetool.transforms.plan.CountedPlan;
import io.moetool.transforms.plan.LayerPlan;
import io.moetool.transforms.plan.Plan;
import io.moetool.transforms.plan.ResultForm;
import io.moetool.transforms.prune.Pruner;
import io.moetool.transforms.prune.UnwrittenModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Plans that are carried out while a checkpoint becomes an ONNX model. */
class PlannedConversionTest {
  private static final FamilyCatalog FAMILIES = FamilyCatalog.builtIn();
  private static final OrtEngine ENGINE = OrtEngine.open(Device.CPU);
  private static final WorkPool POOL = new WorkPool(2);

  @TempDir private Path folder;

  @AfterAll
  static void stop() {
    POOL.close();
  }

  /** The first layer keeps all it has but a few, the others as few as can serve a token. */
  @ParameterizedTest
  @MethodSource("io.moetool.transforms.convert.OnnxExportTest#checkpointsInBothForms")
  void everyLayerHasItsOwnNumberOfExperts(String name, OperatorForm form) {
    GoldenModel golden = new GoldenModel(name);
    Path out = folder.resolve("out");
    double masked;
    List<Integer> counts;
    try (SourceModel source = golden.open()) {
      counts = fewer(source.architecture());
      Plan plan = CountedPlan.of(source, counts, ResultForm.ONNX);
      export(source, plan, form, out);
      masked = loss(golden, masked(source, plan));
      assertThat(loss(golden, UnwrittenModel.open(source, "plan", plan, FAMILIES, ENGINE, POOL)))
          .isEqualTo(masked);
    }
    assertThat(loss(golden, OpenModel.open(out, FAMILIES, ENGINE, POOL)))
        .isCloseTo(masked, within(2e-5));
    try (ExportedModel exported = ExportedModel.open(out, FAMILIES)) {
      assertThat(exported.layers().stream().map(OnnxMoeLayer::experts)).isEqualTo(counts);
      assertThat(exported.source()).isEmpty();
      assertThat(exported.findings()).isEmpty();
    }
  }

  /** An expert of 3 x 8 x 16 numbers and its row of 8 take 4 bytes a number. */
  @Test
  void whatGoesTakesItsBytesWithIt() {
    try (SourceModel source = new GoldenModel("qwen3-moe").open()) {
      Architecture architecture = source.architecture();
      int experts = architecture.moe().experts();
      long expert = 4L * (3L * architecture.moe().expertWidth() + 1) * architecture.hidden();
      List<Integer> counts = new ArrayList<>(fewer(architecture));
      int gone = counts.stream().mapToInt(count -> experts - count).sum();
      long whole = export(ExportSource.of(source), OperatorForm.FUSED, folder.resolve("whole"));
      long cut =
          export(
              source,
              CountedPlan.of(source, counts, ResultForm.ONNX),
              OperatorForm.FUSED,
              folder.resolve("cut"));
      assertThat(gone).isPositive();
      assertThat(whole - cut).isEqualTo(gone * expert);
    }
  }

  @Test
  void placesThatAreNeverChosenGo() {
    GoldenModel golden = new GoldenModel("glm4-moe");
    Path out = folder.resolve("out");
    try (SourceModel source = golden.open()) {
      Plan plan = CountedPlan.of(source, fewer(source.architecture()), ResultForm.SAFETENSORS);
      assertThat(plan.layers().getLast().masked()).isNotEmpty();
      export(source, plan, OperatorForm.FUSED, out);
      try (ExportedModel exported = ExportedModel.open(out, FAMILIES)) {
        assertThat(exported.layers().stream().map(OnnxMoeLayer::experts))
            .isEqualTo(plan.layers().stream().map(layer -> layer.kept().size()).toList());
      }
      assertThat(loss(golden, OpenModel.open(out, FAMILIES, ENGINE, POOL)))
          .isCloseTo(loss(golden, masked(source, plan)), within(2e-5));
    }
  }

  @Test
  void theManifestHoldsThePlanAndNamesTensorsOfTheSource() {
    Path out = folder.resolve("out");
    try (SourceModel source = new GoldenModel("mixtral").open()) {
      Plan plan = CountedPlan.of(source, fewer(source.architecture()), ResultForm.ONNX);
      export(source, plan, OperatorForm.FUSED, out);
      var manifest = Json.readObject(out.resolve(Manifest.FILE));
      assertThat(manifest.get("plan").get("plan").toString()).isEqualTo(Json.tree(plan).toString());
      manifest
          .findValues("sources")
          .forEach(list ->
              list.forEach(
                  name -> assertThat(source.tensors().contains(name.stringValue())).isTrue()));
    }
  }

  @Test
  void noCheckpointIsMadeOfIt() {
    Path out = folder.resolve("out");
    try (SourceModel source = new GoldenModel("qwen3-moe").open()) {
      Plan plan = CountedPlan.of(source, fewer(source.architecture()), ResultForm.ONNX);
      assertThatThrownBy(
              () -> new Pruner(source, "test").preview("plan.json", plan, OptionalLong.empty()))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("a checkpoint has one count for all layers")
          .hasMessageContaining("moetool convert MODEL --plan plan.json --to onnx");
      export(source, plan, OperatorForm.STANDARD, out);
    }
    try (ExportedModel exported = ExportedModel.open(out, FAMILIES)) {
      assertThatThrownBy(() -> new CheckpointRestore(exported, "test"))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("layers have different numbers of experts");
      assertThatThrownBy(() -> PlannedExport.of(exported))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("plans are for models with the same experts in every layer");
    }
  }

  @Test
  void groupsOfARouterKeepEquallyMany() {
    try (SourceModel source = new GoldenModel("deepseek-v3").open()) {
      List<Integer> counts = new ArrayList<>(fewer(source.architecture()));
      counts.set(0, counts.getFirst() + 1);
      assertThatThrownBy(() -> CountedPlan.of(source, counts, ResultForm.ONNX))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("counts by layer, layer")
          .hasMessageContaining("equal groups");
    }
  }

  private static long export(SourceModel source, Plan plan, OperatorForm form, Path out) {
    return export(ExportSource.planned(source, "plan", plan, FAMILIES, POOL), form, out);
  }

  private static long export(ExportSource source, OperatorForm form, Path out) {
    return new OnnxExport(source, form, ExportPrecision.FLOAT32, "test", ENGINE, POOL)
        .write(out, WriteProgress.none())
        .bytesAfter();
  }

  /** The source without the experts that the plan does not keep. */
  private static LanguageModel masked(SourceModel source, Plan plan) {
    Map<Integer, SortedSet<Integer>> removed = new TreeMap<>();
    for (LayerPlan layer : plan.layers()) {
      removed.put(
          layer.layer(),
          IntStream.range(0, plan.expertsBefore())
              .filter(expert -> !layer.kept().contains(expert))
              .boxed()
              .collect(Collectors.toCollection(TreeSet::new)));
    }
    return new CheckpointModel(
        source.tensors(), source.architecture(), ENGINE, POOL, new ExpertMask(removed));
  }

  private static double loss(GoldenModel golden, OpenModel opened) {
    try (opened) {
      return loss(golden, opened.model());
    }
  }

  private static double loss(GoldenModel golden, LanguageModel model) {
    return new Evaluator(ENGINE, POOL)
        .evaluate(model, golden.sequences(), RunProgress.NONE)
        .meanNll();
  }

  private static List<Integer> fewer(Architecture architecture) {
    int experts = architecture.moe().experts();
    int perToken = architecture.moe().routing().expertsPerToken();
    RouterSpec.Groups groups =
        architecture.moe().routing() instanceof RouterSpec.TopScores top
            ? top.groups()
            : RouterSpec.Groups.NONE;
    int fewest =
        groups.count() == 1
            ? Math.max(architecture.moe().fewestUsable(), perToken)
            : groups.count() * Math.max(2, Math.ceilDiv(perToken, groups.keep()));
    List<Integer> counts = new ArrayList<>();
    for (int layer : architecture.moe().layers()) {
      counts.add(
          layer == architecture.moe().layers().getFirst()
              ? Math.max(fewest, experts - groups.count())
              : fewest);
    }
    return counts;
  }
}
