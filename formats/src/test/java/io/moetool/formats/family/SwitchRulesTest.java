package io.moetool.formats.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.moetool.formats.BadInputException;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class SwitchRulesTest {
  private static final String BASE =
      """
      {"model_type": "switch_transformers", "d_model": 64, "d_ff": 6, "d_kv": 2, "num_heads": 4,
       "num_layers": 4, "num_decoder_layers": 6, "num_sparse_encoder_layers": 2,
       "num_sparse_decoder_layers": 2, "num_experts": 8, "vocab_size": 10}
      """;

  private static Architecture resolve(String config) {
    return FamilyCatalog.builtIn().resolve(ModelConfig.parse("config.json", config));
  }

  private static String with(String fields) {
    return BASE.replace("\"d_ff\"", fields + ", \"d_ff\"");
  }

  /**
   * Every second layer of 4, every third of 6, counted from the second; the encoder's come first.
   */
  @Test
  void layersWithExpertsAreEvenlySpreadFromTheSecond() {
    Architecture architecture = resolve(BASE);
    assertThat(architecture.layers()).isEqualTo(10);
    assertThat(architecture.encoder()).hasValue(new Encoder(4, 0));
    assertThat(architecture.moe().layers()).containsExactly(1, 3, 5, 8);
  }

  @Test
  void theStepThatAConfigStatesCountsMoreThanTheNumberOfLayers() {
    assertThat(
            resolve(with("\"decoder_sparse_step\": 1, \"encoder_sparse_step\": 4")).moe().layers())
        .containsExactly(1, 4, 5, 6, 7, 8, 9);
    assertThat(resolve(BASE.replace("encoder_layers\": 2", "encoder_layers\": 0")).moe().layers())
        .containsExactly(1, 5, 8);
  }

  @Test
  void tiedLogitsAreDividedByTheRootOfTheHiddenSize() {
    assertThat(resolve(BASE).wiring().logitScale()).isCloseTo(1 / 8.0, within(1e-12));
    assertThat(resolve(with("\"tie_word_embeddings\": false")).wiring().logitScale()).isEqualTo(1);
  }

  @Test
  void expertsTake64TokensOfASequenceUnlessTheConfigSaysOtherwise() {
    assertThat(resolve(BASE).moe().capacity()).hasValue(64);
    assertThat(resolve(with("\"expert_capacity\": 5")).moe().capacity()).hasValue(5);
  }

  @Test
  void namesOfBothPartsLeadToTheirLayersAndBack() {
    TensorNames names = resolve(BASE).names();
    String encoder = "encoder.block.3.layer.1.mlp.experts.expert_7.wi.weight";
    String decoder = "decoder.block.4.layer.2.mlp.experts.expert_7.wi.weight";
    assertThat(names.weight(TensorRole.EXPERT_UP, 3, 7)).isEqualTo(encoder);
    assertThat(names.weight(TensorRole.EXPERT_UP, 8, 7)).isEqualTo(decoder);
    assertThat(names.place(encoder))
        .hasValue(
            new TensorPlace(TensorRole.EXPERT_UP, OptionalInt.of(3), OptionalInt.of(7), false));
    assertThat(names.place(decoder))
        .hasValue(
            new TensorPlace(TensorRole.EXPERT_UP, OptionalInt.of(8), OptionalInt.of(7), false));
    assertThat(names.place(encoder.replace("block.3", "block.4")).orElseThrow().layer()).isEmpty();
    assertThat(names.weight(TensorRole.POSITION_BIAS, 2)).startsWith("encoder.block.0.");
    assertThat(names.weight(TensorRole.FINAL_NORM)).isEqualTo("decoder.final_layer_norm.weight");
    assertThat(names.layerOf("decoder.block.1.layer.0.other.weight")).hasValue(5);
  }

  @Test
  void whatTheBlocksDoNotComputeIsRefused() {
    assertThatThrownBy(() -> resolve(with("\"router_dtype\": \"bfloat16\"")))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("router_dtype is \"bfloat16\", which is not supported");
    assertThatThrownBy(() -> resolve(with("\"dense_act_fn\": \"gelu\"")))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("activation 'gelu' are not supported");
    assertThatThrownBy(() -> resolve(with("\"relative_attention_num_buckets\": 6")))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("6 buckets for distances up to 128 are not supported");
  }
}
