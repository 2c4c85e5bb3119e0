package io.moetool.transforms.merge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.moetool.formats.BadInputException;
import io.moetool.formats.exported.ExportedModel;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.family.RouterSpec;
import io.moetool.formats.onnx.OnnxMoeLayer;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.runtime.graph.ExportPrecision;
import io.moetool.runtime.graph.OperatorForm;
import io.moetool.runtime.ort.Device;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.RunProgress;
import io.moetool.runtime.run.WorkPool;
import io.moetool.transforms.GoldenModel;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.convert.ExportSource;
import io.moetool.transforms.convert.OnnxExport;
import io.moetool.transforms.evaluate.Evaluator;
import io.moetool.transforms.evaluate.OpenModel;
import io.moetool.transforms.plan.Merging.Alignment;
import io.moetool.transforms.plan.Merging.Router;
import io.moetool.transforms.plan.Plan;
import io.moetool.transforms.plan.PlanCheck;
import io.moetool.transforms.prune.Pruner;
import io.moetool.transforms.prune.UnwrittenModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Merged experts that the rows of all their members lead to. */
class MappedRowsTest {
  private static final FamilyCatalog FAMILIES = FamilyCatalog.builtIn();
  private static final OrtEngine ENGINE = OrtEngine.open(Device.CPU);
  private static final WorkPool POOL = new WorkPool(2);

  @TempDir private Path folder;

  @AfterAll
  static void stop() {
    POOL.close();
  }

  static Stream<Arguments> plainCheckpointsInBothForms() throws IOException {
    return GoldenModel.plain()
        .flatMap(name -> Stream.of(OperatorForm.values()).map(form -> Arguments.of(name, form)));
  }

  @ParameterizedTest
  @MethodSource("plainCheckpointsInBothForms")
  void aMapRoutesAsCopiesDo(String name, OperatorForm form) {
    GoldenModel golden = new GoldenModel(name);
    Path out = folder.resolve("out");
    try (SourceModel source = golden.open()) {
      Plan map = TwoBecomeOne.plan(source, Router.MAP, Alignment.NONE);
      if (!isSummable(source)) {
        assertThatThrownBy(() -> export(source, map, form, out))
            .isInstanceOf(BadInputException.class)
            .hasMessageContaining("one expert cannot stand for two that a token chose");
        return;
      }
      export(source, map, form, out);
      Plan copies = TwoBecomeOne.plan(source, Router.DUPLICATE, Alignment.NONE);
      assertThat(loss(golden, OpenModel.open(out, FAMILIES, ENGINE, POOL)))
          .isCloseTo(
              loss(golden, UnwrittenModel.open(source, "copies", copies, FAMILIES, ENGINE, POOL)),
              within(2e-5));
      try (ExportedModel exported = ExportedModel.open(out, FAMILIES)) {
        int experts = source.architecture().moe().experts();
        assertThat(exported.findings()).isEmpty();
        for (OnnxMoeLayer layer : exported.layers()) {
          assertThat(layer.experts()).isEqualTo(experts - 1);
          assertThat(layer.mapsRows()).isTrue();
          OnnxMoeLayer.Router router = layer.router().orElseThrow();
          assertThat(router.shape().dim(router.axis())).isEqualTo(experts);
          assertThat(layer.expertsPerToken())
              .isEqualTo(source.architecture().moe().routing().expertsPerToken());
          assertThat(layer.obstacle()).hasValueSatisfying(why -> assertThat(why).contains("a map"));
        }
      }
    }
  }

  /** Where experts take so many tokens of a sequence, each row does, as each copy would. */
  @ParameterizedTest
  @EnumSource
  void rowsThatLeadToOneExpertDropTokensAsCopiesDo(OperatorForm form) {
    GoldenModel golden = new GoldenModel(GoldenModel.ENCODER_DECODER);
    Path out = folder.resolve("out");
    try (SourceModel source = golden.open()) {
      export(source, TwoBecomeOne.plan(source, Router.MAP, Alignment.NONE), form, out);
      Plan copies = TwoBecomeOne.plan(source, Router.DUPLICATE, Alignment.NONE);
      assertThat(loss(golden, OpenModel.open(out, FAMILIES, ENGINE, POOL)))
          .isCloseTo(
              loss(golden, UnwrittenModel.open(source, "copies", copies, FAMILIES, ENGINE, POOL)),
              within(2e-5));
    }
  }

  @ParameterizedTest
  @MethodSource("plainCheckpointsInBothForms")
  void twinsBecomeOneWithoutLoss(String name, OperatorForm form) throws IOException {
    GoldenModel golden = new GoldenModel(name);
    Path twins = folder.resolve("twins");
    Path out = folder.resolve("out");
    try (SourceModel source = golden.open()) {
      TwinCheckpoint.write(source, twins);
    }
    try (SourceModel source = SourceModel.open(twins, FAMILIES)) {
      assumeThat(isSummable(source)).isTrue();
      export(source, TwoBecomeOne.plan(source, Router.MAP, Alignment.WEIGHTS), form, out);
    }
    assertThat(loss(golden, OpenModel.open(out, FAMILIES, ENGINE, POOL)))
        .isCloseTo(loss(golden, OpenModel.open(twins, FAMILIES, ENGINE, POOL)), within(2e-5));
  }

  @Test
  void noCheckpointHoldsAMap() {
    try (SourceModel source = new GoldenModel("qwen3-moe").open()) {
      Plan plan = TwoBecomeOne.plan(source, Router.MAP, Alignment.NONE);
      assertThatThrownBy(
              () -> new Pruner(source, "test").preview("plan.json", plan, OptionalLong.empty()))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("options.merging.router is 'map'")
          .hasMessageContaining("moetool convert MODEL --plan plan.json --to onnx");
    }
  }

  @Test
  void aRowThatLeadsNowhereIsRefused() {
    try (SourceModel source = new GoldenModel("qwen3-moe").open()) {
      Plan plan = withoutGroups(TwoBecomeOne.plan(source, Router.MAP, Alignment.NONE));
      assertThatThrownBy(() ->
              PlanCheck.requireForOnnx(
                  "plan.json", plan, source.architecture(), source.fingerprint()))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("expert 1 is dropped and in no group");
    }
  }

  private static boolean isSummable(SourceModel source) {
    RouterSpec routing = source.architecture().moe().routing();
    return routing.appliesTo() == RouterSpec.AppliesTo.OUTPUT || routing.expertsPerToken() == 1;
  }

  private static Plan withoutGroups(Plan plan) {
    return new Plan(
        plan.formatVersion(),
        plan.toolVersion(),
        plan.source(),
        plan.action(),
        plan.method(),
        plan.options(),
        plan.statistics(),
        plan.expertsBefore(),
        plan.expertsAfter(),
        plan.expertsPerToken(),
        TwoBecomeOne.alone(plan),
        plan.warnings(),
        plan.repair(),
        plan.forecast(),
        plan.loading());
  }

  private static void export(SourceModel source, Plan plan, OperatorForm form, Path out) {
    new OnnxExport(
            ExportSource.planned(source, "plan", plan, FAMILIES, POOL),
            form,
            ExportPrecision.FLOAT32,
            "test",
            ENGINE,
            POOL)
        .write(out, WriteProgress.none());
  }

  private static double loss(GoldenModel golden, OpenModel opened) {
    try (opened) {
      return new Evaluator(ENGINE, POOL)
          .evaluate(opened.model(), golden.sequences(), RunProgress.NONE)
          .meanNll();
    }
  }
}
