package io.moetool.formats.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moetool.formats.BadInputException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Phi-3.5-MoE, on a config as it was published. */
class PhimoeRulesTest {
  private static final String PHI =
      """
      {"architectures": ["PhiMoEForCausalLM"], "model_type": "phimoe", "num_hidden_layers": 2,
       "hidden_size": 64, "vocab_size": 100, "intermediate_size": 32, "num_attention_heads": 16,
       "num_key_value_heads": 4, "num_local_experts": 16, "num_experts_per_tok": 2,
       "attention_bias": true, "lm_head_bias": true, "rms_norm_eps": 1e-05,
       "max_position_embeddings": 131072, "rope_theta": 10000.0, "router_jitter_noise": 0.01,
       "rope_scaling": {"type": "longrope", "original_max_position_embeddings": 4096,
         "short_factor": [1.0, 1.5], "long_factor": [1.0, 32.0],
         "short_mscale": 1.1, "long_mscale": 1.243163121016122}}
      """;

  @Test
  void theLengthOfASequenceDecidesOnFactorsAndOnTheMultiplier() {
    Rope rope = resolve(PHI).ropes().getFirst();
    assertThat(rope.forLength(4096).scaling())
        .isEqualTo(new RopeScaling.PerPair(List.of(1.0, 1.5), 1.1));
    assertThat(rope.forLength(4097).scaling())
        .isEqualTo(new RopeScaling.PerPair(List.of(1.0, 32.0), 1.243163121016122));
  }

  @Test
  void otherRotationsAreTheSameForEveryLength() {
    Rope plain = new Rope(Rope.Layout.HALF, 10000, 4, new RopeScaling.None());
    assertThat(plain.forLength(1_000_000)).isEqualTo(plain);
  }

  @Test
  void factorsThatAreNotOneAPairAreRefused() {
    assertRefused(
        PHI.replace("\"short_factor\": [1.0, 1.5]", "\"short_factor\": [1.0]"),
        "longrope needs 2 positive numbers as short_factor, one a pair of dimensions; found [1.0]");
    assertRefused(PHI.replace("[1.0, 32.0]", "[1.0, \"32\"]"), "2 positive numbers as long_factor");
    assertRefused(PHI.replace("\"long_mscale\": 1.2", "\"long_mscale\": -1.2"), "long_mscale");
  }

  @Test
  void everythingHasABias() {
    Architecture architecture = resolve(PHI);
    Attention attention = (Attention) architecture.mixer(0);
    assertThat(attention.projectionBias()).isTrue();
    assertThat(attention.outputBias()).isTrue();
    assertThat(architecture.head()).isEqualTo(new OutputHead(false, true));
    assertThat(architecture.norm()).isEqualTo(new Norm(Norm.Kind.LAYER, 1e-5));
  }

  @Test
  void theRouterTakesTwoExpertsAndNoOtherNumber() {
    assertThat(resolve(PHI).moe().routing()).isEqualTo(new RouterSpec.SparseMixer(0.01f));
    assertRefused(
        PHI.replace("\"num_experts_per_tok\": 2", "\"num_experts_per_tok\": 3"),
        "num_experts_per_tok is 3, which is not supported in the family phimoe");
    assertRefused(
        PHI.replace("\"num_local_experts\": 16", "\"num_local_experts\": 1"),
        "2 experts per token are asked for, there are 1");
  }

  private static void assertRefused(String config, String reason) {
    assertThatThrownBy(() -> resolve(config))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(reason);
  }

  private static Architecture resolve(String config) {
    return FamilyCatalog.builtIn().resolve(ModelConfig.parse("config.json", config));
  }
}
