package io.moetool.formats.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moetool.formats.BadInputException;
import io.moetool.formats.quantisation.Mxfp4;
import org.junit.jupiter.api.Test;

/** gpt-oss, on a config as it was published. */
class GptOssRulesTest {
  private static final String GPT_OSS =
      """
      {"model_type": "gpt_oss", "num_hidden_layers": 4, "hidden_size": 2880, "vocab_size": 201088,
       "intermediate_size": 2880, "num_attention_heads": 64, "num_key_value_heads": 8,
       "head_dim": 64, "num_local_experts": 32, "num_experts_per_tok": 4, "attention_bias": true,
       "sliding_window": 128, "swiglu_limit": 7.0, "rope_theta": 150000,
       "rope_scaling": {"rope_type": "yarn", "factor": 32.0, "beta_fast": 32.0, "beta_slow": 1.0,
         "original_max_position_embeddings": 4096, "truncate": false},
       "quantization_config": {"quant_method": "mxfp4"}}
      """;

  private static final String PLAIN =
      GPT_OSS.replace("\"quantization_config\": {\"quant_method\": \"mxfp4\"}", "\"x\": 1");

  @Test
  void windowsBeginInTheFirstLayerAndAlternate() {
    Architecture architecture = resolve(GPT_OSS);
    assertThat(attention(architecture, 0).reach()).isEqualTo(new Attention.Reach.Window(128));
    assertThat(attention(architecture, 1).reach()).isEqualTo(new Attention.Reach.Everything());
    assertThat(attention(architecture, 2).reach()).isEqualTo(new Attention.Reach.Window(128));
    assertThat(attention(architecture, 0).sinks()).isTrue();
  }

  @Test
  void stacksAreTransposedUnlessTheyAreQuantised() {
    RoutedExpert plain = resolve(PLAIN).moe().expert();
    assertThat(plain.stack()).isEqualTo(new StackLayout(true, true));
    assertThat(plain.function()).isEqualTo(new ExpertFunction.ClampedSwiglu(7, 1.702));
    assertThat(plain.biased()).isTrue();
    Architecture quantised = resolve(GPT_OSS);
    assertThat(quantised.moe().expert().stack()).isEqualTo(new StackLayout(false, true));
    assertThat(quantised.names().quantisation()).isEqualTo(new Mxfp4());
  }

  @Test
  void theRouterHasABiasThatIsNoSelectionBias() {
    MoeBlock moe = resolve(GPT_OSS).moe();
    assertThat(moe.routerBias()).isTrue();
    assertThat(moe.routing()).isEqualTo(RouterSpec.topKThenSoftmax(4));
  }

  @Test
  void biasesOfStacksAreNamedWithoutADot() {
    TensorNames names = resolve(GPT_OSS).names();
    String bias = "model.layers.3.mlp.experts.gate_up_proj_bias";
    assertThat(names.bias(TensorRole.EXPERTS_GATE_UP, 3)).isEqualTo(bias);
    assertThat(names.place(bias).orElseThrow().role()).isEqualTo(TensorRole.EXPERTS_GATE_UP);
    assertThat(names.place(bias).orElseThrow().bias()).isTrue();
    assertThat(names.place("model.layers.3.mlp.router.bias").orElseThrow().role())
        .isEqualTo(TensorRole.ROUTER);
  }

  @Test
  void anotherBoundAndAnUnstatedRotationAreRefused() {
    assertRefused(
        GPT_OSS.replace("\"swiglu_limit\": 7.0", "\"swiglu_limit\": 5.0"),
        "swiglu_limit is 5.0, which is not supported in the family gpt_oss");
    assertRefused(
        GPT_OSS.replace("\"rope_scaling\"", "\"other_scaling\""),
        "it does not say rope_scaling or rope_parameters");
  }

  private static void assertRefused(String config, String reason) {
    assertThatThrownBy(() -> resolve(config))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(reason);
  }

  private static Attention attention(Architecture architecture, int layer) {
    return (Attention) architecture.mixer(layer);
  }

  private static Architecture resolve(String config) {
    return FamilyCatalog.builtIn().resolve(ModelConfig.parse("config.json", config));
  }
}
