package io.moetool.transforms.repair;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import io.moetool.formats.BadInputException;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.runtime.ort.Device;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.RunProgress;
import io.moetool.runtime.run.WorkPool;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.plan.Plan;
import io.moetool.transforms.plan.PlanFile;
import io.moetool.transforms.plan.Repair;
import io.moetool.transforms.prune.Pruner;
import io.moetool.transforms.verify.Verification;
import io.moetool.transforms.verify.Verifier;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RouterRepairTest {
  private static final FamilyCatalog FAMILIES = FamilyCatalog.builtIn();

  @TempDir private Path folder;

  @Test
  void rowsOfTheRouterAreWrittenAnewAndProven() {
    Path out = folder.resolve("out");
    try (SourceModel source = ScalarRepairTest.open("olmoe")) {
      int experts = source.architecture().moe().experts();
      Plan plan = ScalarRepairTest.plan(source, experts / 2);
      Repair repair = fit(source, plan, 2);
      assertThat(repair.kind()).isEqualTo("router");
      assertThat(repair.layers())
          .allSatisfy(layer -> {
            assertThat(layer.scale()).isEqualTo(1);
            assertThat(layer.errorAfter()).isLessThanOrEqualTo(layer.errorBefore());
          })
          .anySatisfy(layer -> assertThat(layer.errorAfter()).isLessThan(layer.errorBefore()));
      assertThat(fit(source, plan, 1)).isEqualTo(repair);

      Plan repaired = PlanFile.parse("plan.json", PlanFile.text(plan.repairedBy(repair)));
      assertThat(repaired).isEqualTo(plan.repairedBy(repair));
      new Pruner(source, "test")
          .prune("plan", repaired, OptionalLong.empty(), out, WriteProgress.none());
      Verification verified = new Verifier(FAMILIES, WriteProgress.none()).verify(out, source);
      assertThat(verified.findings()).isEmpty();
      try (SourceModel pruned = SourceModel.open(out, FAMILIES)) {
        Repair.Layer layer =
            repair.layers().stream().filter(l -> !l.rows().isEmpty()).findFirst().orElseThrow();
        List<Integer> kept =
            plan.layers().stream()
                .filter(l -> l.layer() == layer.layer())
                .findFirst()
                .orElseThrow()
                .kept();
        String name = "model.layers.%d.mlp.gate.weight".formatted(layer.layer());
        float[] before = ScalarRepairTest.values(source, name);
        float[] after = ScalarRepairTest.values(pruned, name);
        int hidden = before.length / experts;
        for (int row = 0; row < kept.size(); row++) {
          for (int column = 0; column < hidden; column++) {
            double sum = before[kept.get(row) * hidden + column];
            for (int other = 0; other < experts; other++) {
              sum += layer.rows().get(row).get(other) * before[other * hidden + column];
            }
            assertThat(after[row * hidden + column]).isCloseTo((float) sum, within(1e-6f));
          }
        }
      }
    }
  }

  @Test
  void whereNothingGoesNothingChanges() {
    try (SourceModel source = ScalarRepairTest.open("olmoe")) {
      Plan all = ScalarRepairTest.plan(source, source.architecture().moe().experts());
      assertThat(fit(source, all, 2).layers())
          .allSatisfy(layer -> assertThat(layer.rows()).isEmpty());
    }
  }

  /** Experts stay quantised; routers never are. */
  @Test
  void routersOfQuantisedModelsAreFitted() {
    try (SourceModel source = ScalarRepairTest.open("qwen3-moe-fp8")) {
      Plan plan = ScalarRepairTest.plan(source, source.architecture().moe().experts() / 2);
      assertThat(fit(source, plan, 1).layers())
          .allSatisfy(
              layer -> assertThat(layer.errorAfter()).isLessThanOrEqualTo(layer.errorBefore()));
    }
  }

  @Test
  void routersWhoseCoefficientsMultiplyInputsAreRefused() {
    try (SourceModel source = ScalarRepairTest.open("llama4")) {
      Plan plan = ScalarRepairTest.plan(source, source.architecture().moe().experts() / 2);
      assertThatExceptionOfType(BadInputException.class)
          .isThrownBy(() -> fit(source, plan, 1))
          .withMessageContaining("coefficients multiply the inputs of experts");
    }
  }

  @Test
  void anEditThatMakesNoSenseIsRefused() {
    try (SourceModel source = ScalarRepairTest.open("olmoe")) {
      Plan plan = ScalarRepairTest.plan(source, source.architecture().moe().experts() / 2);
      String text = PlanFile.text(plan.repairedBy(fit(source, plan, 1)));
      ScalarRepairTest.refuse(
          source,
          text.replaceFirst("\"rows\": \\[ \\[ [^]]*\\]", "\"rows\": [ [ 1.0 ]"),
          "rows do not hold");
      ScalarRepairTest.refuse(
          source,
          text.replaceFirst("\"rows\": \\[ \\[ [^,]*,", "\"rows\": [ [ 1e40,"),
          "cannot be multiplied by 1.0E40");
      ScalarRepairTest.refuse(
          source,
          text.replaceFirst("\"scale\": 1.0", "\"scale\": 2.0"),
          "a repair of kind 'router' has no scale");
      ScalarRepairTest.refuse(
          source,
          text.replace("\"router\",", "\"scalar\","),
          "a repair of kind 'scalar' has no rows");
    }
  }

  private static Repair fit(SourceModel source, Plan plan, int threads) {
    try (WorkPool pool = new WorkPool(threads)) {
      return RouterRepair.fit(
          source,
          plan,
          ScalarRepairTest.DATA,
          1000,
          OrtEngine.open(Device.CPU),
          pool,
          RunProgress.NONE);
    }
  }
}
