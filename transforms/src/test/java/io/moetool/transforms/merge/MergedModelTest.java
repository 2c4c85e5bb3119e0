package io.moetool.transforms.merge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.moetool.formats.BadInputException;
import io.moetool.formats.TensorView;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.family.TensorRole;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.kernels.ElementDecoder;
import io.moetool.runtime.ort.Device;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.WorkPool;
import io.moetool.transforms.GoldenModel;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.plan.Merging;
import io.moetool.transforms.plan.Merging.Alignment;
import io.moetool.transforms.plan.Merging.Router;
import io.moetool.transforms.plan.Plan;
import io.moetool.transforms.prune.Pruner;
import io.moetool.transforms.verify.Verification;
import io.moetool.transforms.verify.Verifier;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Experts that are the same but for the order of their neurons become one without loss, in every
 * family: through any router, with any weights.
 */
class MergedModelTest {
  private static final FamilyCatalog FAMILIES = FamilyCatalog.builtIn();
  private static final OrtEngine ENGINE = OrtEngine.open(Device.CPU);

  private static final List<String> WEIGHTS =
      List.of("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors");

  @TempDir private Path folder;

  static Stream<String> plainCheckpoints() throws IOException {
    return Stream.concat(GoldenModel.plain(), Stream.of(GoldenModel.ENCODER_DECODER));
  }

  @ParameterizedTest
  @MethodSource("plainCheckpoints")
  void hiddenTwinsBecomeOneWithoutLoss(String name) throws IOException {
    Path twins = folder.resolve("twins");
    Path out = folder.resolve("out");
    try (SourceModel golden = new GoldenModel(name).open()) {
      TwinCheckpoint.write(golden, twins);
    }
    GoldenModel model = new GoldenModel(name);
    List<float[]> before;
    try (SourceModel source = SourceModel.open(twins, FAMILIES)) {
      write(source, TwoBecomeOne.plan(source, Router.DUPLICATE, Alignment.WEIGHTS), out);
      before = model.logits(source);
    }
    try (SourceModel merged = SourceModel.open(out, FAMILIES)) {
      List<float[]> after = model.logits(merged);
      for (int i = 0; i < before.size(); i++) {
        assertThat(after.get(i)).containsExactly(before.get(i), within(1e-5f));
      }
    }
  }

  @Test
  void withoutMatchingTwinsLose() throws IOException {
    Path twins = folder.resolve("twins");
    Path out = folder.resolve("out");
    try (SourceModel golden = new GoldenModel("qwen3-moe").open()) {
      TwinCheckpoint.write(golden, twins);
    }
    GoldenModel model = new GoldenModel("qwen3-moe");
    try (SourceModel source = SourceModel.open(twins, FAMILIES)) {
      write(source, TwoBecomeOne.plan(source, Router.DUPLICATE, Alignment.NONE), out);
      try (SourceModel merged = SourceModel.open(out, FAMILIES)) {
        assertThat(largestDifference(model.logits(source), model.logits(merged)))
            .isGreaterThan(1e-2f);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("plainCheckpoints")
  void twinsWhoseNeuronsAreZippedBecomeOneWithoutLoss(String name) throws IOException {
    twinsBecomeOneWithoutLoss(name, Alignment.ZIPIT);
  }

  @ParameterizedTest
  @MethodSource("plainCheckpoints")
  void twinsWhoseNeuronsJoinTheNearestBecomeOneWithoutLoss(String name) throws IOException {
    twinsBecomeOneWithoutLoss(name, Alignment.FIX_DOM);
  }

  private void twinsBecomeOneWithoutLoss(String name, Alignment alignment) throws IOException {
    Path twins = folder.resolve("twins");
    Path out = folder.resolve("out");
    GoldenModel model = new GoldenModel(name);
    try (SourceModel golden = model.open()) {
      TwinCheckpoint.write(golden, twins);
    }
    try (SourceModel source = SourceModel.open(twins, FAMILIES)) {
      write(source, TwoBecomeOne.plan(source, Router.DUPLICATE, alignment), out);
      List<float[]> before = model.logits(source);
      List<float[]> after = model.logits(out);
      for (int i = 0; i < before.size(); i++) {
        assertThat(after.get(i)).containsExactly(before.get(i), within(1e-5f));
      }
    }
  }

  /** Experts with a gate and without one; in an encoder-decoder model in both parts. */
  @ParameterizedTest
  @ValueSource(strings = {"gpt-oss", GoldenModel.ENCODER_DECODER})
  void theHiddenOrderIsFound(String name) throws IOException {
    Path twins = folder.resolve("twins");
    try (SourceModel golden = new GoldenModel(name).open()) {
      TwinCheckpoint.write(golden, twins);
    }
    try (SourceModel source = SourceModel.open(twins, FAMILIES);
        NeuronMatching matching = new NeuronMatching(source, ENGINE)) {
      for (int layer : source.architecture().moe().layers()) {
        int[] hidden = TwinCheckpoint.order(layer, source.architecture().moe().expertWidth());
        int[] found = matching.match(layer, 0, 1);
        for (int neuron = 0; neuron < found.length; neuron++) {
          assertThat(hidden[found[neuron]]).isEqualTo(neuron);
        }
      }
    }
  }

  @Test
  void anAveragedRowIsTheWeightedMeanOfItsMembersRows() {
    Path out = folder.resolve("out");
    try (SourceModel source = new GoldenModel("qwen3-moe").open()) {
      write(source, TwoBecomeOne.plan(source, Router.AVERAGE, Alignment.NONE), out);
      try (SourceModel merged = SourceModel.open(out, FAMILIES)) {
        int layer = source.architecture().moe().layers().getFirst();
        float[] rows = router(source, layer);
        float[] after = router(merged, layer);
        int hidden = source.architecture().hidden();
        for (int column = 0; column < hidden; column++) {
          assertThat(after[column])
              .isEqualTo((float) (0.25 * rows[column] + 0.75 * rows[hidden + column]));
          assertThat(after[hidden + column]).isEqualTo(rows[2 * hidden + column]);
        }
      }
    }
  }

  @Test
  void aPlanWithoutGroupsIsPruning() throws IOException {
    Path merged = folder.resolve("merged");
    Path pruned = folder.resolve("pruned");
    try (SourceModel source = new GoldenModel("qwen3-moe").open()) {
      Plan alone = withoutGroups(TwoBecomeOne.plan(source, Router.DROP, Alignment.WEIGHTS));
      write(source, alone, merged);
      write(source, asPruning(alone), pruned);
    }
    for (String file : WEIGHTS) {
      assertThat(merged.resolve(file)).hasSameBinaryContentAs(pruned.resolve(file));
    }
  }

  @Test
  void theSameBytesWhateverTheNumberOfThreadsAndVerifyComputesThemAgain() throws IOException {
    Path one = folder.resolve("one");
    Path three = folder.resolve("three");
    try (SourceModel source = new GoldenModel("qwen3-moe").open();
        WorkPool pool = new WorkPool(3)) {
      Plan plan = TwoBecomeOne.plan(source, Router.DROP, Alignment.WEIGHTS);
      write(source, plan, one);
      new Pruner(source, "test", pool)
          .prune("plan", plan, OptionalLong.empty(), three, WriteProgress.none());
      for (String file : WEIGHTS) {
        assertThat(three.resolve(file)).hasSameBinaryContentAs(one.resolve(file));
      }
      Verification verification =
          new Verifier(FAMILIES, WriteProgress.none()).verify(one, source, pool);
      assertThat(verification.findings()).isEmpty();
      int layers = source.architecture().moe().layers().size();
      assertThat(verification.source().orElseThrow().computed()).hasSize(3 * layers);
      assertThat(verification.source().orElseThrow().unproven()).isEmpty();
    }
  }

  @Test
  void quantisedExpertsAreRefusedByName() {
    try (SourceModel source = new GoldenModel("qwen3-moe-fp8").open()) {
      Plan plan = TwoBecomeOne.plan(source, Router.DROP, Alignment.NONE);
      assertThatThrownBy(() -> write(source, plan, folder.resolve("out")))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("F8_E4M3")
          .hasMessageContaining("cannot be merged");
      assertThat(folder.resolve("out")).doesNotExist();
    }
  }

  private static Plan withoutGroups(Plan plan) {
    return with(plan, plan.action(), plan.options().merging());
  }

  private static Plan asPruning(Plan plan) {
    return with(plan, Plan.PRUNE, Optional.empty());
  }

  private static Plan with(Plan plan, String action, Optional<Merging> merging) {
    return new Plan(
        plan.formatVersion(),
        plan.toolVersion(),
        plan.source(),
        action,
        plan.method(),
        new Plan.Options(
            plan.options().target(),
            plan.options().budget(),
            OptionalLong.empty(),
            Optional.empty(),
            List.of(),
            merging),
        Optional.empty(),
        plan.expertsBefore(),
        plan.expertsAfter(),
        plan.expertsPerToken(),
        TwoBecomeOne.alone(plan),
        plan.warnings(),
        plan.repair(),
        plan.forecast(),
        plan.loading());
  }

  private static void write(SourceModel source, Plan plan, Path out) {
    new Pruner(source, "test").prune("plan", plan, OptionalLong.empty(), out, WriteProgress.none());
  }

  private static float[] router(SourceModel source, int layer) {
    TensorView view =
        source.tensors().view(source.architecture().names().weight(TensorRole.ROUTER, layer));
    return ElementDecoder.toArray(view);
  }

  private static float largestDifference(List<float[]> a, List<float[]> b) {
    float largest = 0;
    for (int i = 0; i < a.size(); i++) {
      for (int j = 0; j < a.get(i).length; j++) {
        largest = Math.max(largest, Math.abs(a.get(i)[j] - b.get(i)[j]));
      }
    }
    return largest;
  }
}
