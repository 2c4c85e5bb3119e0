package io.moetool.formats.family;

import static org.assertj.core.api.Assertions.assertThat;

import io.moetool.formats.DType;
import io.moetool.formats.HeaderStore;
import org.junit.jupiter.api.Test;

/** Llama-4, on a config as it was published. */
class Llama4RulesTest {
  private static final String SCOUT =
      """
      {"architectures": ["Llama4ForConditionalGeneration"], "model_type": "llama4",
       "text_config": {"model_type": "llama4_text", "num_hidden_layers": 8, "hidden_size": 5120,
         "vocab_size": 202048, "intermediate_size": 8192, "intermediate_size_mlp": 16384,
         "num_attention_heads": 40, "num_key_value_heads": 8, "head_dim": 128,
         "num_local_experts": 16, "num_experts_per_tok": 1, "interleave_moe_layer_step": 1,
         "attention_chunk_size": 8192, "attn_temperature_tuning": 4, "floor_scale": 8192,
         "attn_scale": 0.1, "no_rope_layers": [], "use_qk_norm": true, "rope_theta": 500000.0},
       "vision_config": {"hidden_size": 1408, "num_hidden_layers": 34}}
      """;

  @Test
  void everyFourthLayerSeesAllWithoutARotationAndTempersQueries() {
    Architecture architecture = resolve(SCOUT);
    Attention rotated = attention(architecture, 2);
    assertThat(rotated.rope().map(Rope::layout)).contains(Rope.Layout.INTERLEAVED);
    assertThat(rotated.reach()).isEqualTo(new Attention.Reach.Chunk(8192));
    assertThat(rotated.queryKeyNorm()).isEqualTo(Attention.QueryKeyNorm.PER_HEAD_WEIGHTLESS);
    assertThat(rotated.normsRotated()).isTrue();
    assertThat(rotated.temperature()).isEmpty();
    Attention plain = attention(architecture, 3);
    assertThat(plain.rope()).isEmpty();
    assertThat(plain.reach()).isEqualTo(new Attention.Reach.Everything());
    assertThat(plain.queryKeyNorm()).isEqualTo(Attention.QueryKeyNorm.NONE);
    assertThat(plain.temperature()).contains(new Attention.Temperature(0.1, 8192));
  }

  @Test
  void aZeroInTheListOfRotationsMeansNone() {
    Architecture architecture =
        resolve(SCOUT.replace("\"no_rope_layers\": []", "\"no_rope_layers\": [0, 1, 1, 1]"));
    assertThat(attention(architecture, 0).rope()).isEmpty();
    assertThat(attention(architecture, 3).rope()).isPresent();
  }

  @Test
  void queriesKeepTheirSizeWhereTheConfigSaysSo() {
    String untempered =
        SCOUT.replace("\"attn_temperature_tuning\": 4", "\"attn_temperature_tuning\": false");
    assertThat(attention(resolve(untempered), 3).temperature()).isEmpty();
  }

  @Test
  void gatesMultiplyWhatExpertsRead() {
    MoeBlock moe = resolve(SCOUT).moe();
    assertThat(moe.routing()).isEqualTo(RouterSpec.topKThenSigmoidOnInput(1));
    assertThat(moe.expert().stack()).isEqualTo(new StackLayout(true, false));
    assertThat(moe.shared()).contains(new MoeBlock.SharedExpert(1, 8192, false));
  }

  @Test
  void layersWithExpertsAreListedOrCounted() {
    assertThat(resolve(SCOUT).moe().layers()).hasSize(8);
    String step =
        SCOUT.replace("\"interleave_moe_layer_step\": 1", "\"interleave_moe_layer_step\": 2");
    assertThat(resolve(step).moe().layers()).containsExactly(1, 3, 5, 7);
    assertThat(resolve(step).denseWidth()).isEqualTo(16384);
    String listed = step.replace("\"use_qk_norm\"", "\"moe_layers\": [0, 5], \"use_qk_norm\"");
    assertThat(resolve(listed).moe().layers()).containsExactly(0, 5);
  }

  @Test
  void aModelThatSeesImagesPrefixesItsDecoderAndKeepsTheRest() {
    HeaderStore store = new HeaderStore();
    store.add("language_model.model.embed_tokens.weight", DType.BF16, 202048, 5120);
    Architecture architecture =
        FamilyCatalog.builtIn().resolve(ModelConfig.parse("config.json", SCOUT), store);
    assertThat(architecture.names().weight(TensorRole.HEAD))
        .isEqualTo("language_model.lm_head.weight");
    assertThat(architecture.names().weight(TensorRole.EXPERTS_GATE_UP, 1))
        .isEqualTo("language_model.model.layers.1.feed_forward.experts.gate_up_proj");
    assertThat(architecture.names().isOfOtherPart("vision_model.model.layers.0.fc1.weight"))
        .isTrue();
    assertThat(architecture.expertCountPaths()).containsExactly("text_config.num_local_experts");
  }

  private static Attention attention(Architecture architecture, int layer) {
    return (Attention) architecture.mixer(layer);
  }

  private static Architecture resolve(String config) {
    return FamilyCatalog.builtIn().resolve(ModelConfig.parse("config.json", config));
  }
}
