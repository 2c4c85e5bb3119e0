package io.moetool.transforms.repair;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.moetool.formats.BadInputException;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.kernels.ElementDecoder;
import io.moetool.runtime.ort.Device;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.RunProgress;
import io.moetool.runtime.run.WorkPool;
import io.moetool.runtime.text.SequenceData;
import io.moetool.runtime.text.TokenSequence;
import io.moetool.transforms.GoldenModel;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.plan.Evidence;
import io.moetool.transforms.plan.LayerEvidence;
import io.moetool.transforms.plan.Plan;
import io.moetool.transforms.plan.PlanCheck;
import io.moetool.transforms.plan.PlanFile;
import io.moetool.transforms.plan.PlanRequest;
import io.moetool.transforms.plan.Planner;
import io.moetool.transforms.plan.Repair;
import io.moetool.transforms.plan.Target;
import io.moetool.transforms.prune.Pruner;
import io.moetool.transforms.verify.Verification;
import io.moetool.transforms.verify.Verifier;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScalarRepairTest {
  private static final FamilyCatalog FAMILIES = FamilyCatalog.builtIn();

  /** Two sequences of different lengths over the tiny vocabularies. */
  static final SequenceData DATA =
      new SequenceData(
          List.of(
              new TokenSequence("all", IntStream.range(3, 40).toArray()),
              new TokenSequence("all", new int[] {9, 30, 7, 7, 21})));

  @TempDir private Path folder;

  /** Raw shares of a softmax: they grow when experts go, so the factors are below one. */
  @Test
  void factorsAreFoldedIntoTheLastProjections() {
    Path out = folder.resolve("out");
    try (SourceModel source = open("olmoe")) {
      Plan plan = plan(source);
      Repair repair = fit(source, plan, 2);
      assertThat(repair.tokens()).isEqualTo(DATA.tokens());
      assertThat(repair.layers())
          .hasSize(source.architecture().moe().layers().size())
          .allSatisfy(layer -> {
            assertThat(layer.scale()).isBetween(.01, .999);
            assertThat(layer.errorAfter()).isLessThan(layer.errorBefore());
          });
      assertThat(fit(source, plan, 1)).isEqualTo(repair);

      Plan repaired = plan.repairedBy(repair);
      new Pruner(source, "test")
          .prune("plan", repaired, OptionalLong.empty(), out, WriteProgress.none());
      Verification verified = new Verifier(FAMILIES, WriteProgress.none()).verify(out, source);
      assertThat(verified.findings()).isEmpty();
      try (SourceModel pruned = SourceModel.open(out, FAMILIES)) {
        Repair.Layer first = repair.layers().getFirst();
        int stays = plan.layers().getFirst().kept().getFirst();
        String name = "model.layers.%d.mlp.experts.%d.down_proj.weight";
        float[] before = values(source, name.formatted(first.layer(), stays));
        float[] after = values(pruned, name.formatted(first.layer(), 0));
        for (int i = 0; i < before.length; i++) {
          assertThat(after[i]).isEqualTo(before[i] * first.scale().floatValue());
        }
        String up = "model.layers.%d.mlp.experts.%d.up_proj.weight";
        assertThat(values(pruned, up.formatted(first.layer(), 0)))
            .isEqualTo(values(source, up.formatted(first.layer(), stays)));
      }
    }
  }

  @Test
  void whereNothingGoesNothingIsScaled() {
    try (SourceModel source = open("olmoe")) {
      Plan all = plan(source, source.architecture().moe().experts());
      assertThat(fit(source, all, 2).layers())
          .allSatisfy(layer -> assertThat(layer.scale()).isEqualTo(1));
    }
  }

  @Test
  void quantisedExpertsAreNotScaled() {
    try (SourceModel source = open("qwen3-moe-fp8")) {
      assertThatExceptionOfType(BadInputException.class)
          .isThrownBy(() -> fit(source, plan(source), 1))
          .withMessageContaining("a factor cannot be folded into elements of type")
          .withMessageContaining("of a quantised checkpoint");
    }
  }

  @Test
  void anEditThatMakesNoSenseIsRefused() {
    try (SourceModel source = open("olmoe")) {
      Plan plan = plan(source);
      String text = PlanFile.text(plan.repairedBy(fit(source, plan, 1)));
      for (String wrong : List.of("0", "-1", "1e40", "1e-60")) {
        refuse(
            source,
            text.replaceFirst("\"scale\": [0-9.E-]+", "\"scale\": " + wrong),
            "cannot be multiplied by");
      }
      refuse(source, text.replace("\"scalar\"", "\"magic\""), "repair: 'magic' is not known");
      refuse(
          source,
          text.replaceFirst("(\"layer\": )[0-9]+(,\\s*\"scale\")", "$17$2"),
          "it is of layers [7, ");
    }
  }

  static void refuse(SourceModel source, String text, String problem) {
    assertThatExceptionOfType(BadInputException.class)
        .isThrownBy(() ->
            PlanCheck.require(
                "plan.json",
                PlanFile.parse("plan.json", text),
                source.architecture(),
                source.fingerprint()))
        .withMessageContaining(problem);
  }

  private static Repair fit(SourceModel source, Plan plan, int threads) {
    try (WorkPool pool = new WorkPool(threads)) {
      return ScalarRepair.fit(
          source, plan, DATA, 1000, OrtEngine.open(Device.CPU), pool, RunProgress.NONE);
    }
  }

  static SourceModel open(String name) {
    return new GoldenModel(name).open();
  }

  static float[] values(SourceModel model, String name) {
    assertThat(model.tensors().names()).contains(name);
    TensorInfo info = model.tensors().info(name);
    assertThat(info.dtype().name()).isEqualTo("F32");
    return ElementDecoder.toArray(model.tensors().view(name));
  }

  private static Plan plan(SourceModel source) {
    return plan(source, source.architecture().moe().experts() / 2);
  }

  static Plan plan(SourceModel source, int keep) {
    int experts = source.architecture().moe().experts();
    List<LayerEvidence> layers =
        source.architecture().moe().layers().stream()
            .map(layer ->
                LayerEvidence.ofWeights(
                    layer,
                    IntStream.range(0, experts)
                        .mapToDouble(expert -> (expert * 3 + layer) % experts)
                        .toArray()))
            .toList();
    return new Planner(source.architecture(), source.tensors(), source.fingerprint(), "test")
        .prune(
            new Evidence(
                "test",
                source.fingerprint(),
                "random",
                OptionalLong.of(7),
                Optional.empty(),
                Optional.empty(),
                layers),
            PlanRequest.of(Target.keep(keep)));
  }
}
