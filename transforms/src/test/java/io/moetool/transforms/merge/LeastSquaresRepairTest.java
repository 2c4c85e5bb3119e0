package io.moetool.transforms.merge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.moetool.formats.BadInputException;
import io.moetool.formats.family.ExpertTensors;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.family.TensorRole;
import io.moetool.formats.json.Json;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.kernels.FloatMatrix;
import io.moetool.kernels.WeightDecoder;
import io.moetool.runtime.ort.Device;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.CheckpointModel;
import io.moetool.runtime.run.ExpertMask;
import io.moetool.runtime.run.LayerExperts;
import io.moetool.runtime.run.RunProgress;
import io.moetool.runtime.run.SampleTap;
import io.moetool.runtime.run.SampledExperts;
import io.moetool.runtime.run.SampledTokens;
import io.moetool.runtime.run.Taps;
import io.moetool.runtime.run.WorkPool;
import io.moetool.runtime.text.SequenceData;
import io.moetool.transforms.GoldenModel;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.layout.NeuronOrder;
import io.moetool.transforms.plan.Merging.Alignment;
import io.moetool.transforms.plan.Merging.Router;
import io.moetool.transforms.plan.Plan;
import io.moetool.transforms.plan.Repair;
import io.moetool.transforms.prune.Pruner;
import io.moetool.transforms.verify.Verification;
import io.moetool.transforms.verify.Verification.SourceComparison;
import io.moetool.transforms.verify.Verifier;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Last projections fitted to what members added, in every family. */
class LeastSquaresRepairTest {
  private static final FamilyCatalog FAMILIES = FamilyCatalog.builtIn();
  private static final OrtEngine ENGINE = OrtEngine.open(Device.CPU);
  private static final Path GOLDEN = Path.of("src/test/resources/merged");
  private static final int ALL_TOKENS = 10_000;

  @TempDir private Path folder;

  static Stream<String> plainCheckpoints() throws IOException {
    return GoldenModel.plain();
  }

  /**
   * Against SciPy's least squares on PyTorch's activations ({@code
   * interop/make_merge_expected.py}).
   */
  @ParameterizedTest
  @ValueSource(strings = {"gpt-oss", "llama4", "qwen3-moe"})
  void projectionsAndErrorsEqualTheReference(String name) {
    JsonNode layers = Json.readObject(GOLDEN.resolve(name + ".json")).get("layers");
    Path out = folder.resolve("out");
    try (SourceModel source = new GoldenModel(name).open()) {
      Repair repair = merge(source, name, Router.DROP, Alignment.NONE, 2, out);
      assertThat(repair.layers()).hasSize(layers.size());
      try (SourceModel merged = SourceModel.open(out, FAMILIES)) {
        for (int i = 0; i < layers.size(); i++) {
          JsonNode expected = layers.get(i);
          Repair.Layer found = repair.layers().get(i);
          assertThat(found.layer()).isEqualTo(expected.get("layer").intValue());
          assertThat(found.scale()).isEqualTo(1);
          assertThat(found.errorBefore())
              .isCloseTo(expected.get("errorBefore").doubleValue(), within(1e-4));
          assertThat(found.errorAfter())
              .isCloseTo(expected.get("errorAfter").doubleValue(), within(1e-4));
          assertProjection(merged, found.layer(), expected.get("projection"));
        }
      }
    }
  }

  private static void assertProjection(SourceModel merged, int layer, JsonNode expected) {
    ExpertTensors tensors = new ExpertTensors(merged.architecture().names());
    TensorRole role = tensors.roles().getLast();
    boolean transposed =
        NeuronOrder.of(merged.architecture().moe().expert(), role, false).side()
            == NeuronOrder.Side.ROWS;
    try (Arena arena = Arena.ofConfined()) {
      FloatMatrix stored =
          WeightDecoder.decode(arena, tensors.view(merged.tensors(), role, layer, 0));
      for (int row = 0; row < expected.size(); row++) {
        for (int column = 0; column < expected.get(row).size(); column++) {
          assertThat(transposed ? stored.get(column, row) : stored.get(row, column))
              .as("layer %d, row %d, column %d", layer, row, column)
              .isCloseTo((float) expected.get(row).get(column).doubleValue(), within(1e-3f));
        }
      }
    }
  }

  /** Whatever way projections are stored: what was written has the error that was forecast. */
  @ParameterizedTest
  @MethodSource("plainCheckpoints")
  void whatIsWrittenHasTheErrorThatWasForecast(String name) {
    Path out = folder.resolve("out");
    try (SourceModel source = new GoldenModel(name).open()) {
      Repair repair = merge(source, name, Router.DUPLICATE, Alignment.WEIGHTS, 2, out);
      try (SourceModel merged = SourceModel.open(out, FAMILIES)) {
        List<Double> errors = errors(source, name, merged);
        for (int i = 0; i < errors.size(); i++) {
          Repair.Layer layer = repair.layers().get(i);
          assertThat(layer.errorAfter()).isLessThanOrEqualTo(layer.errorBefore());
          assertThat(errors.get(i)).isCloseTo(layer.errorAfter(), within(2e-3));
        }
      }
    }
  }

  /** Identical experts leave nothing to fit. */
  @ParameterizedTest
  @ValueSource(strings = {"gpt-oss", "qwen3-moe"})
  void hiddenTwinsStillBecomeOneWithoutLoss(String name) throws IOException {
    Path twins = folder.resolve("twins");
    Path out = folder.resolve("out");
    GoldenModel model = new GoldenModel(name);
    try (SourceModel golden = model.open()) {
      TwinCheckpoint.write(golden, twins);
    }
    try (SourceModel source = SourceModel.open(twins, FAMILIES)) {
      Repair repair = merge(source, name, Router.DUPLICATE, Alignment.WEIGHTS, 2, out);
      assertThat(repair.meanErrorBefore()).isLessThan(1e-10);
      List<float[]> before = model.logits(source);
      List<float[]> after = model.logits(out);
      for (int i = 0; i < before.size(); i++) {
        assertThat(after.get(i)).containsExactly(before.get(i), within(1e-5f));
      }
    }
  }

  @Test
  void theSameBytesWhateverTheNumberOfThreadsAndVerifySaysWhatItCannotProve() throws IOException {
    Path one = folder.resolve("one");
    Path three = folder.resolve("three");
    try (SourceModel source = new GoldenModel("qwen3-moe").open();
        WorkPool pool = new WorkPool(2)) {
      Repair repair = merge(source, "qwen3-moe", Router.DROP, Alignment.WEIGHTS, 1, one);
      assertThat(merge(source, "qwen3-moe", Router.DROP, Alignment.WEIGHTS, 3, three))
          .isEqualTo(repair);
      try (Stream<Path> files = Files.list(one)) {
        files.forEach(
            file -> assertThat(three.resolve(file.getFileName())).hasSameBinaryContentAs(file));
      }
      Verification verified =
          new Verifier(FAMILIES, WriteProgress.none()).verify(one, source, pool);
      assertThat(verified.findings()).isEmpty();
      SourceComparison compared = verified.source().orElseThrow();
      int layers = source.architecture().moe().layers().size();
      assertThat(compared.computed()).hasSize(2 * layers);
      assertThat(compared.fitted()).hasSize(layers).allMatch(name -> name.contains("down_proj"));
      assertThat(compared.unproven()).isEmpty();
    }
  }

  @Test
  void aPlanDoesNotHoldWhatWasFitted() {
    try (SourceModel source = new GoldenModel("qwen3-moe").open()) {
      Plan plan =
          TwoBecomeOne.plan(source, Router.DROP, Alignment.NONE)
              .repairedBy(
                  new Repair(
                      Repair.LEAST_SQUARES,
                      "sha256:0",
                      9,
                      source.architecture().moe().layers().stream()
                          .map(layer -> new Repair.Layer(layer, 1.0, List.of(), .5, .4))
                          .toList()));
      assertThatThrownBy(() ->
              new Pruner(source, "test")
                  .prune(
                      "plan",
                      plan,
                      OptionalLong.empty(),
                      folder.resolve("out"),
                      WriteProgress.none()))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("last projections were fitted on data (sha256:0)")
          .hasMessageContaining("--repair least-squares");
    }
  }

  private static Repair merge(
      SourceModel source, String name, Router router, Alignment alignment, int threads, Path out) {
    Plan plan = TwoBecomeOne.plan(source, router, alignment);
    try (WorkPool pool = new WorkPool(threads);
        FittedProjections fitted =
            LeastSquaresRepair.fit(
                source,
                plan,
                new GoldenModel(name).sequences(),
                ALL_TOKENS,
                ENGINE,
                pool,
                RunProgress.NONE,
                out)) {
      new Pruner(source, "test", pool, Optional.of(fitted))
          .prune(
              "plan",
              plan.repairedBy(fitted.repair()),
              OptionalLong.empty(),
              out,
              WriteProgress.none());
      return fitted.repair();
    }
  }

  /**
   * By layer: squared error of what expert 0 of a merged checkpoint adds in the place of experts 0
   * and 1 of its source, as a share of what they add.
   */
  private static List<Double> errors(SourceModel source, String name, SourceModel merged) {
    List<Double> errors = new ArrayList<>();
    SequenceData data = new GoldenModel(name).sequences();
    SampleTap tap =
        new SampleTap() {
          @Override
          public SampledTokens sample() {
            return SampledTokens.evenly(data, ALL_TOKENS);
          }

          @Override
          public void observe(SampledExperts experts) {
            errors.add(error(experts, experts.in(merged.tensors())));
          }
        };
    try (WorkPool pool = new WorkPool(2);
        CheckpointModel model =
            new CheckpointModel(
                source.tensors(), source.architecture(), ENGINE, pool, ExpertMask.NONE)) {
      model.observe(data, Taps.of(tap), RunProgress.NONE);
    }
    return errors;
  }

  private static double error(SampledExperts experts, LayerExperts merged) {
    int hidden = experts.hidden();
    double energy = 0;
    double error = 0;
    try (Arena arena = Arena.ofConfined()) {
      FloatMatrix x = FloatMatrix.allocate(arena, 1, hidden);
      FloatMatrix output = FloatMatrix.allocate(arena, 1, hidden);
      for (int token = 0; token < experts.inputs().rows(); token++) {
        double[] y = new double[hidden];
        double sum = 0;
        for (int slot = 0; slot < experts.selected().columns(); slot++) {
          int expert = experts.selected().get(token, slot);
          if (expert < 2) {
            double g = experts.coefficients().get(token, slot);
            sum += g;
            experts.outputs(expert, token, output);
            for (int i = 0; i < hidden; i++) {
              y[i] += (experts.scalesInputs() ? 1 : g) * output.get(0, i);
            }
          }
        }
        if (sum != 0) {
          for (int i = 0; i < hidden; i++) {
            x.set(
                0,
                i,
                (float) (experts.inputs().get(token, i) * (experts.scalesInputs() ? sum : 1)));
          }
          merged.outputs(0, x, output);
          for (int i = 0; i < hidden; i++) {
            double left = y[i] - (experts.scalesInputs() ? 1 : sum) * output.get(0, i);
            energy += y[i] * y[i];
            error += left * left;
          }
        }
      }
    }
    return energy == 0 ? 0 : error / energy;
  }
}
