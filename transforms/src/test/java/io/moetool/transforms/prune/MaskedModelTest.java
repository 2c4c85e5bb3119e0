package io.moetool.transforms.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.family.RouterSpec;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.runtime.ort.Device;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.ExpertMask;
import io.moetool.runtime.run.RunProgress;
import io.moetool.runtime.run.WorkPool;
import io.moetool.transforms.GoldenModel;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.evaluate.Evaluator;
import io.moetool.transforms.evaluate.OpenModel;
import io.moetool.transforms.plan.Evidence;
import io.moetool.transforms.plan.LayerEvidence;
import io.moetool.transforms.plan.Plan;
import io.moetool.transforms.plan.PlanRequest;
import io.moetool.transforms.plan.Planner;
import io.moetool.transforms.plan.Target;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Taking experts away is forbidding them, in every family: removed experts' logits are -∞. */
class MaskedModelTest {
  private static final FamilyCatalog FAMILIES = FamilyCatalog.builtIn();

  private static final OrtEngine ENGINE = OrtEngine.open(Device.CPU);
  private static final WorkPool POOL = new WorkPool(2);

  @TempDir private Path folder;

  @AfterAll
  static void stop() {
    POOL.close();
  }

  static Stream<String> checkpoints() throws IOException {
    return GoldenModel.names();
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void aPrunedModelComputesWhatTheMaskedOneDoes(String name) {
    Path out = folder.resolve("out");
    GoldenModel golden = new GoldenModel(name);
    List<float[]> masked;
    double planned;
    try (SourceModel source = golden.open()) {
      Map<Integer, SortedSet<Integer>> removed = everySecondExpertOfAGroup(source.architecture());
      int keep = source.architecture().moe().experts() - removed.values().iterator().next().size();
      assumeThat(keep)
          .isGreaterThanOrEqualTo(source.architecture().moe().routing().expertsPerToken());
      Plan plan = plan(source, removed, keep);
      new Pruner(source, "test")
          .prune("plan", plan, OptionalLong.empty(), out, WriteProgress.none());
      planned = loss(golden, UnwrittenModel.open(source, "plan", plan, FAMILIES, ENGINE, POOL));
      masked = golden.logits(source, new ExpertMask(removed));
      assertThat(masked).usingRecursiveComparison().isNotEqualTo(golden.logits(source));
    }
    try (SourceModel pruned = SourceModel.open(out, FAMILIES)) {
      List<float[]> found = golden.logits(pruned);
      for (int i = 0; i < masked.size(); i++) {
        assertThat(found.get(i)).containsExactly(masked.get(i), within(1e-5f));
      }
    }
    assertThat(loss(golden, OpenModel.open(out, FAMILIES, ENGINE, POOL))).isEqualTo(planned);
  }

  private static double loss(GoldenModel golden, OpenModel opened) {
    try (opened) {
      return new Evaluator(ENGINE, POOL)
          .evaluate(opened.model(), golden.sequences(), RunProgress.NONE)
          .meanNll();
    }
  }

  /** Half of each group, beginning with another expert in every layer. */
  private static Map<Integer, SortedSet<Integer>> everySecondExpertOfAGroup(
      Architecture architecture) {
    int experts = architecture.moe().experts();
    int groups =
        architecture.moe().routing() instanceof RouterSpec.TopScores top ? top.groups().count() : 1;
    int size = experts / groups;
    Map<Integer, SortedSet<Integer>> removed = new TreeMap<>();
    for (int layer : architecture.moe().layers()) {
      SortedSet<Integer> gone = new TreeSet<>();
      for (int i = 0; i < groups * (size / 2); i++) {
        int group = i / (size / 2);
        int place = (2 * (i % (size / 2)) + layer) % size;
        gone.add(group * size + place);
      }
      removed.put(layer, gone);
    }
    return removed;
  }

  private static Plan plan(SourceModel source, Map<Integer, SortedSet<Integer>> removed, int keep) {
    int experts = source.architecture().moe().experts();
    List<LayerEvidence> layers =
        removed.entrySet().stream()
            .map(layer ->
                LayerEvidence.ofWeights(
                    layer.getKey(),
                    IntStream.range(0, experts)
                        .mapToDouble(expert -> layer.getValue().contains(expert) ? 0 : 1)
                        .toArray()))
            .toList();
    Evidence evidence =
        new Evidence(
            "test",
            source.fingerprint(),
            "random",
            OptionalLong.of(7),
            Optional.empty(),
            Optional.empty(),
            layers);
    Plan plan =
        new Planner(source.architecture(), source.tensors(), source.fingerprint(), "test")
            .prune(evidence, PlanRequest.of(Target.keep(keep)));
    removed.forEach(
        (layer, gone) -> assertThat(plan.kept().get(layer)).doesNotContainAnyElementsOf(gone));
    return plan;
  }
}
