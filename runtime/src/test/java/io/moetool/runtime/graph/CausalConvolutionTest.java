package io.moetool.runtime.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.moetool.formats.Shape;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.family.ModelConfig;
import io.moetool.formats.family.TensorRole;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** One channel, three tokens wide, weights 1, 10, 100; large sums pass SiLU unchanged. */
class CausalConvolutionTest {
  private static final Offset<Float> EXACT = within(1e-4f);
  private static final String NO_MASK = "";

  private static final Architecture ARCHITECTURE =
      FamilyCatalog.builtIn()
          .resolve(
              ModelConfig.parse(
                  "config.json",
                  """
                  {"model_type": "mixtral", "num_hidden_layers": 1, "hidden_size": 8, "vocab_size": 8,
                   "intermediate_size": 8, "num_attention_heads": 2, "num_local_experts": 4,
                   "num_experts_per_tok": 2}
                  """));

  private final GraphRun run = new GraphRun();

  @Test
  void theCurrentTokenMeetsTheLastWeightAndNothingIsBeforeTheFirst() {
    // 100; 10 + 200; 1 + 20 + 300; 2 + 30 + 400
    assertThat(run.value(convolve(NO_MASK, "", 1, 2, 3, 4).output(), 3))
        .containsExactly(new float[] {100, 210, 321, 432}, EXACT);
  }

  @Test
  void whatCameBeforeReachesIn() {
    String past = run.input("past", Shape.of(1, 2, 1), 7, 8);
    // 7 + 80 + 100; 8 + 10 + 200
    assertThat(run.value(convolve(NO_MASK, past, 1, 2).output(), 3))
        .containsExactly(new float[] {187, 218}, EXACT);
  }

  @Test
  void theLastInputsAreRemembered() {
    assertThat(run.value(convolve(NO_MASK, "", 1, 2, 3).state(), 3)).containsExactly(2, 3);
  }

  @Test
  void aFirstTokenIsRememberedAfterAZero() {
    assertThat(run.value(convolve(NO_MASK, "", 5).state(), 3)).containsExactly(0, 5);
  }

  @Test
  void paddingIsNotRemembered() {
    String mask = run.integers("mask", Shape.of(1, 4), 1, 1, 0, 0);
    assertThat(run.value(convolve(mask, "", 1, 2, 99, 99).state(), 3)).containsExactly(1, 2);
  }

  @Test
  void asFarAsTokensAreMissingEarlierOnesAreRemembered() {
    String mask = run.integers("mask", Shape.of(1, 6), 1, 1, 1, 1, 0, 0);
    String past = run.input("past", Shape.of(1, 2, 1), 7, 8);
    assertThat(run.value(convolve(mask, past, 1, 99, 99).state(), 3)).containsExactly(8, 1);
  }

  @Test
  void theBiasIsAddedBeforeSilu() {
    // silu(x) at x = 100 - 99 = 1 is 1 / (1 + e^-1)
    assertThat(run.value(convolve(NO_MASK, "", -99, true, 1).output(), 3))
        .containsExactly(new float[] {0.7310586f}, EXACT);
  }

  private CausalConvolution.Result convolve(String mask, String past, double... x) {
    return convolve(mask, past, 0, false, x);
  }

  private CausalConvolution.Result convolve(
      String mask, String past, double bias, boolean biased, double... x) {
    String rows = run.input("x", Shape.of(x.length, 1), x);
    String shape = mask.isEmpty() ? "" : run.integers("shape", Shape.of(2), 1, x.length);
    SequenceValues values = new SequenceValues(shape, mask, "", "", Map.of());
    Map<TensorRole, String> weights =
        Map.of(TensorRole.RECURRENT_CONVOLUTION, run.input("w", Shape.of(1, 1, 3), 1, 10, 100));
    String bound = biased ? run.input("bias", Shape.of(1), bias) : "";
    Layers layers = new Layers(run.graph(), ARCHITECTURE, new Given(weights, bound));
    return new CausalConvolution(run.graph(), new RecurrentSequences(run.graph(), values), 1, 3)
        .apply(layers, rows, biased, past);
  }

  private record Given(Map<TensorRole, String> weights, String anyBias) implements WeightSource {
    @Override
    public String weight(TensorRole role) {
      return weights.getOrDefault(role, "");
    }

    @Override
    public String bias(TensorRole role) {
      return anyBias;
    }
  }
}
