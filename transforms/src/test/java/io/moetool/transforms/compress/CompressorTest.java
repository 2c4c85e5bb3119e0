package io.moetool.transforms.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import io.moetool.formats.BadInputException;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.family.RouterSpec;
import io.moetool.formats.publish.Leftover;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.kernels.FloatMatrix;
import io.moetool.runtime.ort.Device;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.CheckpointModel;
import io.moetool.runtime.run.ExpertMask;
import io.moetool.runtime.run.RunProgress;
import io.moetool.runtime.run.SampleTap;
import io.moetool.runtime.run.SampledExperts;
import io.moetool.runtime.run.SampledTokens;
import io.moetool.runtime.run.Taps;
import io.moetool.runtime.run.WorkPool;
import io.moetool.runtime.text.SequenceData;
import io.moetool.transforms.GoldenModel;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.plan.Repair;
import io.moetool.transforms.verify.Verification;
import io.moetool.transforms.verify.Verifier;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A checkpoint with narrower experts computes what the source does without these neurons. */
class CompressorTest {
  private static final FamilyCatalog FAMILIES = FamilyCatalog.builtIn();
  private static final OrtEngine ENGINE = OrtEngine.open(Device.CPU);

  @TempDir private Path folder;

  static Stream<String> plainCheckpoints() throws IOException {
    return GoldenModel.plain();
  }

  /** By lot, another choice in every expert; the source without them is made by hand. */
  @ParameterizedTest
  @MethodSource("plainCheckpoints")
  void whatStaysComputesWhatItDidWhereTheOthersAreSilent(String name) throws IOException {
    Path silent = folder.resolve("silent");
    Path out = folder.resolve("out");
    try (SourceModel source = new GoldenModel(name).open()) {
      int width = source.architecture().moe().expertWidth();
      WidthPlan plan = byLot(source, width - 3);
      try {
        NarrowableModel.config(source, FAMILIES, width - 3);
      } catch (BadInputException e) {
        assertThat(e.getMessage())
            .containsAnyOf(
                "says how wide the shared expert is", "says how wide the layers without experts");
        return;
      }
      SilentNeurons.write(source, plan.neurons("plan", source), silent);
      compress(source, plan, out);
      Verification verification = new Verifier(FAMILIES, WriteProgress.none()).verify(out, source);
      assertThat(verification.findings()).isEmpty();
      assertThat(verification.source().orElseThrow().changed()).isNotEmpty();
      assertThat(verification.source().orElseThrow().unproven()).isEmpty();
    }
    GoldenModel model = new GoldenModel(name);
    List<float[]> expected = model.logits(silent);
    List<float[]> actual = model.logits(out);
    for (int i = 0; i < expected.size(); i++) {
      assertThat(actual.get(i)).containsExactly(expected.get(i), within(1e-5f));
    }
  }

  /** T35: a neuron that adds nothing has no energy, goes first, and is not missed. */
  @Test
  void neuronsThatAddNothingGoFirst() throws IOException {
    Path silent = folder.resolve("silent");
    Path out = folder.resolve("out");
    GoldenModel model = new GoldenModel("qwen3-moe");
    SequenceData data = model.sequences();
    WidthPlan byLot;
    try (SourceModel source = new GoldenModel("qwen3-moe").open()) {
      byLot = byLot(source, source.architecture().moe().expertWidth() - 3);
      SilentNeurons.write(source, byLot.neurons("plan", source), silent);
    }
    try (SourceModel source = SourceModel.open(silent, FAMILIES);
        WorkPool pool = new WorkPool(2)) {
      WidthPlan plan =
          new Compressor(source, FAMILIES, "test")
              .byEnergy(data, byLot.widthAfter(), 0, ENGINE, pool, RunProgress.NONE);
      assertThat(plan.layers()).isEqualTo(byLot.layers());
      compress(source, plan, out);
    }
    List<float[]> expected = model.logits(silent);
    List<float[]> actual = model.logits(out);
    for (int i = 0; i < expected.size(); i++) {
      assertThat(actual.get(i)).containsExactly(expected.get(i), within(1e-5f));
    }
  }

  @Test
  void allNeuronsAreTheSourceByteForByte() {
    Path out = folder.resolve("out");
    Path golden = new GoldenModel("gpt-oss").folder();
    try (SourceModel source = SourceModel.open(golden, FAMILIES)) {
      compress(source, byLot(source, source.architecture().moe().expertWidth()), out);
    }
    assertThat(out.resolve("model.safetensors"))
        .hasSameBinaryContentAs(golden.resolve("model.safetensors"));
    assertThat(out.resolve("config.json")).hasSameBinaryContentAs(golden.resolve("config.json"));
  }

  @Test
  void theSameBytesWhateverTheNumberOfThreads() {
    SequenceData data = new GoldenModel("qwen3-moe").sequences();
    try (SourceModel source = new GoldenModel("qwen3-moe").open();
        WorkPool one = new WorkPool(1);
        WorkPool three = new WorkPool(3)) {
      Compressor compressor = new Compressor(source, FAMILIES, "test");
      assertThat(compressor.byEnergy(data, 5, 0.5, ENGINE, three, RunProgress.NONE))
          .isEqualTo(compressor.byEnergy(data, 5, 0.5, ENGINE, one, RunProgress.NONE));
    }
  }

  /** With all experts nothing is missing: the factors are 1 and so are all bytes. */
  @ParameterizedTest
  @ValueSource(
      strings = {"qwen3-moe", "olmoe", "deepseek-v3", "llama4", "phimoe", "hunyuan-v1-moe"})
  void allExpertsPerTokenAreTheSource(String name) {
    Path out = folder.resolve("out");
    Path golden = new GoldenModel(name).folder();
    try (SourceModel source = SourceModel.open(golden, FAMILIES);
        WorkPool pool = new WorkPool(2)) {
      int all = source.architecture().moe().routing().expertsPerToken();
      if (source.architecture().moe().routing() instanceof RouterSpec.SparseMixer) {
        assertThatThrownBy(() -> new Compressor(source, FAMILIES, "test").fewerExperts(1))
            .isInstanceOf(BadInputException.class)
            .hasMessageContaining("num_experts_per_tok is 1, which is not supported");
        return;
      }
      TopKPlan plan =
          new Compressor(source, FAMILIES, "test")
              .fewerExperts(
                  all, new GoldenModel(name).sequences(), 50, ENGINE, pool, RunProgress.NONE);
      for (Repair.Layer layer : plan.compensation().orElseThrow().layers()) {
        assertThat(layer.scale()).isEqualTo(1.0);
        assertThat(layer.errorBefore()).isZero();
      }
      compress(source, plan, out);
    }
    for (String file : List.of("config.json", "model.safetensors")) {
      if (Files.exists(golden.resolve(file))) {
        assertThat(out.resolve(file)).hasSameBinaryContentAs(golden.resolve(file));
      }
    }
  }

  /** The factor is the least squares one of a layer run by hand: all outputs, both choices. */
  @Test
  void theFactorOfFewerExpertsIsTheLeastSquaresOne() {
    Path golden = new GoldenModel("olmoe").folder();
    List<double[]> expected = new ArrayList<>();
    SequenceData data = new GoldenModel("olmoe").sequences();
    try (SourceModel source = SourceModel.open(golden, FAMILIES);
        WorkPool pool = new WorkPool(2);
        CheckpointModel model =
            new CheckpointModel(
                source.tensors(), source.architecture(), ENGINE, pool, ExpertMask.NONE)) {
      SampleTap byHand =
          new SampleTap() {
            @Override
            public SampledTokens sample() {
              return SampledTokens.evenly(data, Integer.MAX_VALUE);
            }

            @Override
            public void observe(SampledExperts experts) {
              expected.add(sums(experts));
            }
          };
      model.observe(data, Taps.of(byHand), RunProgress.NONE);
      TopKPlan plan =
          new Compressor(source, FAMILIES, "test")
              .fewerExperts(1, data, Integer.MAX_VALUE, ENGINE, pool, RunProgress.NONE);
      List<Repair.Layer> layers = plan.compensation().orElseThrow().layers();
      for (int i = 0; i < layers.size(); i++) {
        double zz = expected.get(i)[0];
        double zy = expected.get(i)[1];
        double yy = expected.get(i)[2];
        assertThat(layers.get(i).scale()).isCloseTo(zy / yy, withinPercentage(1e-3));
        assertThat(layers.get(i).errorAfter())
            .isCloseTo(1 - zy * zy / yy / zz, withinPercentage(1e-2))
            .isLessThan(layers.get(i).errorBefore());
      }
    }
  }

  /** OLMoE's coefficients are softmax scores as they are, so the best expert keeps its own. */
  private static double[] sums(SampledExperts experts) {
    double[] sums = new double[3];
    try (Arena arena = Arena.ofShared()) {
      for (int token = 0; token < experts.inputs().rows(); token++) {
        double[] all = new double[experts.hidden()];
        double[] best = new double[experts.hidden()];
        for (int rank = 0; rank < experts.selected().columns(); rank++) {
          FloatMatrix output = FloatMatrix.allocate(arena, 1, experts.hidden());
          experts.outputs(experts.selected().get(token, rank), token, output);
          for (int i = 0; i < all.length; i++) {
            double part = experts.coefficients().get(token, rank) * output.get(0, i);
            all[i] += part;
            best[i] += rank == 0 ? part : 0;
          }
        }
        for (int i = 0; i < all.length; i++) {
          sums[0] += all[i] * all[i];
          sums[1] += all[i] * best[i];
          sums[2] += best[i] * best[i];
        }
      }
    }
    return sums;
  }

  @Test
  void quantisedExpertsAreRefused() {
    try (SourceModel source = new GoldenModel("gpt-oss-mxfp4").open()) {
      assertThatThrownBy(() -> new Compressor(source, FAMILIES, "test").outlineOfWidth(4))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("experts are quantised")
          .hasMessageContaining("prune");
    }
  }

  @Test
  void widthsThatAreNoneAreRefused() {
    try (SourceModel source = new GoldenModel("qwen3-moe").open()) {
      Compressor compressor = new Compressor(source, FAMILIES, "test");
      int width = source.architecture().moe().expertWidth();
      for (int wrong : new int[] {0, -1, width + 1}) {
        assertThatThrownBy(() -> compressor.outlineOfWidth(wrong))
            .isInstanceOf(BadInputException.class)
            .hasMessageContaining("keep from 1 to " + width);
      }
    }
  }

  private static WidthPlan byLot(SourceModel source, int widthAfter) {
    int width = source.architecture().moe().expertWidth();
    SplittableRandom random = new SplittableRandom(7);
    return new WidthPlan(
        WidthPlan.FORMAT_VERSION,
        "test",
        CompressPlan.Source.of(source),
        CompressPlan.COMPRESS,
        WidthPlan.CAMERA,
        0.0,
        new WidthPlan.Data("by lot", 0),
        width,
        widthAfter,
        source.architecture().moe().layers().stream()
            .map(layer ->
                new WidthPlan.LayerNeurons(
                    layer,
                    IntStream.range(0, source.architecture().moe().experts())
                        .mapToObj(
                            expert -> NeuronMask.text(chosen(random, width, widthAfter), width))
                        .toList()))
            .toList());
  }

  private static int[] chosen(SplittableRandom random, int of, int count) {
    TreeSet<Integer> chosen = new TreeSet<>();
    while (chosen.size() < count) {
      chosen.add(random.nextInt(of));
    }
    return chosen.stream().mapToInt(Integer::intValue).toArray();
  }

  private static void compress(SourceModel source, CompressPlan plan, Path out) {
    new Compressor(source, FAMILIES, "test")
        .compress("plan", plan, OptionalLong.empty(), out, Leftover.REFUSE, WriteProgress.none());
  }
}
