package io.moetool.runtime.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.moetool.formats.family.ExpertTensors;
import io.moetool.formats.family.RouterSpec;
import io.moetool.formats.family.TensorRole;
import io.moetool.formats.quantisation.WeightView;
import io.moetool.kernels.FloatMatrix;
import io.moetool.kernels.RowNorms;
import io.moetool.kernels.WeightDecoder;
import io.moetool.runtime.ort.Device;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.text.SequenceData;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SampledExpertsTest {
  private static final OrtEngine ENGINE = OrtEngine.open(Device.CPU);

  /** Where an expert was chosen, the ordinary run computed the same output. */
  @ParameterizedTest
  @MethodSource("io.moetool.runtime.run.GoldenModel#names")
  void chosenExpertsYieldWhatTheyYieldInTheRun(String name) {
    Map<String, float[]> seen = new HashMap<>();
    MoeTap<String> routed =
        new MoeTap<>() {
          @Override
          public String observe(MoeObservation observation) {
            for (int row = 0; row < observation.expertOutputs().rows(); row++) {
              int perToken = observation.selected().columns();
              synchronized (seen) {
                seen.put(
                    "%d %d %d %d"
                        .formatted(
                            observation.layer(),
                            observation.sequenceIndex(),
                            row / perToken,
                            observation.selected().get(row / perToken, row % perToken)),
                    observation.expertOutputs().rowToArray(row));
              }
            }
            return "";
          }

          @Override
          public void add(int layer, int sequence, String partial) {
            // all is seen in observe
          }
        };
    List<Integer> layers = new ArrayList<>();
    run(
        name,
        7,
        routed,
        experts -> {
          layers.add(experts.layer());
          compare(experts, seen);
        });
    try (GoldenModel golden = GoldenModel.open(name)) {
      assertThat(layers).isEqualTo(golden.architecture().moe().layers());
    }
  }

  private static void compare(SampledExperts experts, Map<String, float[]> seen) {
    try (Arena arena = Arena.ofConfined()) {
      TokenSample sample = experts.sample();
      FloatMatrix outputs = FloatMatrix.allocate(arena, sample.tokens(), experts.hidden());
      FloatMatrix some = FloatMatrix.allocate(arena, 2, experts.hidden());
      int compared = 0;
      for (int expert = 0; expert < experts.experts(); expert++) {
        experts.outputs(expert, 0, outputs);
        experts.outputs(expert, new int[] {6, 2}, some);
        assertClose(some.rowToArray(0), outputs.rowToArray(6));
        assertClose(some.rowToArray(1), outputs.rowToArray(2));
        for (int sequence = 0; sequence < sample.sequences(); sequence++) {
          for (int token = sample.from(sequence); token < sample.from(sequence + 1); token++) {
            float[] expected =
                seen.get(
                    "%d %d %d %d"
                        .formatted(experts.layer(), sequence, sample.position(token), expert));
            if (expected != null) {
              assertClose(outputs.rowToArray(token), expected);
              compared++;
            }
          }
        }
      }
      assertThat(compared).isEqualTo(sample.tokens() * experts.selected().columns());
    }
  }

  private static void assertClose(float[] actual, float[] expected) {
    for (int i = 0; i < expected.length; i++) {
      assertThat(actual[i]).isCloseTo(expected[i], within(1e-5f));
    }
  }

  /** f = W_d a, with the weights of one expert as they lie in the checkpoint. */
  @Test
  void activationsTimesTheLastProjectionAreTheOutput() {
    try (GoldenModel golden = GoldenModel.open("qwen3-moe")) {
      ExpertTensors tensors = new ExpertTensors(golden.architecture().names());
      run(
          "qwen3-moe",
          5,
          experts -> {
            try (Arena arena = Arena.ofConfined()) {
              WeightView stored =
                  tensors.view(golden.store(), TensorRole.EXPERT_DOWN, experts.layer(), 3);
              FloatMatrix down = WeightDecoder.decode(arena, stored);
              FloatMatrix inner = FloatMatrix.allocate(arena, 5, experts.width());
              FloatMatrix outputs = FloatMatrix.allocate(arena, 5, experts.hidden());
              experts.activations(3, 0, inner);
              experts.outputs(3, 0, outputs);
              for (int token = 0; token < 5; token++) {
                for (int column = 0; column < experts.hidden(); column++) {
                  assertThat(outputs.get(token, column))
                      .isCloseTo(
                          (float) RowNorms.dot(down.row(column), inner.row(token)), within(1e-6f));
                }
              }
            }
          });
    }
  }

  @Test
  void theRouterToldIsTheOneThatChose() {
    run(
        "deepseek-v3",
        9,
        experts -> {
          assertThat(experts.router().spec()).isInstanceOf(RouterSpec.TopScores.class);
          try (Arena arena = Arena.ofConfined()) {
            int tokens = experts.sample().tokens();
            var selected =
                io.moetool.kernels.IntMatrix.allocate(arena, tokens, experts.selected().columns());
            FloatMatrix weights = FloatMatrix.allocate(arena, tokens, experts.selected().columns());
            FloatMatrix scores = FloatMatrix.allocate(arena, tokens, experts.experts());
            experts.router().route(experts.routerLogits(), selected, weights, scores);
            for (int token = 0; token < tokens; token++) {
              assertThat(selected.rowToArray(token))
                  .containsExactly(experts.selected().rowToArray(token));
              assertThat(weights.rowToArray(token))
                  .containsExactly(experts.coefficients().rowToArray(token));
            }
          }
        });
  }

  private static void run(String name, int tokens, Consumer<SampledExperts> check) {
    run(name, tokens, null, check);
  }

  private static void run(
      String name,
      int tokens,
      @org.jspecify.annotations.Nullable MoeTap<?> routed,
      Consumer<SampledExperts> check) {
    try (GoldenModel golden = GoldenModel.open(name);
        WorkPool pool = new WorkPool(2);
        CheckpointModel model =
            new CheckpointModel(
                golden.store(), golden.architecture(), ENGINE, pool, ExpertMask.NONE)) {
      SequenceData data = golden.data();
      SampleTap tap =
          new SampleTap() {
            @Override
            public SampledTokens sample() {
              return SampledTokens.evenly(data, tokens);
            }

            @Override
            public void observe(SampledExperts experts) {
              check.accept(experts);
            }
          };
      model.observe(
          data, routed == null ? Taps.of(tap) : Taps.of(routed).with(tap), RunProgress.NONE);
    }
  }
}
