package io.moetool.analyzers.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.moetool.formats.BadInputException;
import io.moetool.formats.checkpoint.ModelOutline;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.family.Finding;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Numbers of published models, from the numbers in their configs. */
class OutlineInspectorTest {
  private static final String MIXTRAL =
      """
      {"model_type": "mixtral", "num_hidden_layers": %d, "hidden_size": %d, "intermediate_size": %d,
       "num_attention_heads": %d, "num_key_value_heads": 8, "num_local_experts": 8,
       "num_experts_per_tok": 2, "vocab_size": 32000, "torch_dtype": "bfloat16"}
      """;
  private static final String QWEN3 =
      """
      {"model_type": "qwen3_moe", "num_hidden_layers": %d, "hidden_size": %d, "intermediate_size": 1,
       "moe_intermediate_size": %d, "num_attention_heads": %d, "num_key_value_heads": %d,
       "head_dim": 128, "num_experts": %d, "num_experts_per_tok": 8, "vocab_size": 151936,
       "norm_topk_prob": true, "torch_dtype": "bfloat16"}
      """;

  @TempDir private Path folder;

  @Test
  void mixtralHasTheTensorsAndBytesOfTheReleases() {
    Inspection small = inspect(MIXTRAL.formatted(32, 4096, 14336, 32));
    assertThat(small.tensors()).isEqualTo(995);
    assertThat(small.bytes()).isEqualTo(93_405_585_408L);
    assertThat(small.sizesFrom()).isEqualTo("config, BF16 weights (torch_dtype is \"bfloat16\")");
    assertThat(small.fingerprint()).isEmpty();
    assertThat(small.findings()).isEmpty();
    // the same with two more tokens in the vocabulary, as its chat models have them
    String chat = MIXTRAL.formatted(32, 4096, 14336, 32).replace("32000", "32002");
    assertThat(inspect(chat).tensors()).isEqualTo(995);
    assertThat(inspect(chat).bytes()).isEqualTo(93_405_618_176L);
    Inspection large = inspect(MIXTRAL.formatted(56, 6144, 16384, 48));
    assertThat(large.tensors()).isEqualTo(1_739);
    assertThat(large.bytes()).isEqualTo(281_241_268_224L);
  }

  @ParameterizedTest
  @CsvSource({
    "48, 2048, 768, 32, 4, 128, 61.06",
    "94, 4096, 1536, 64, 4, 128, 470.2",
    "62, 6144, 2560, 96, 8, 160, 960.3"
  })
  void qwen3MoeHasItsPublishedSizes(
      int layers,
      int hidden,
      int width,
      int heads,
      int keyValueHeads,
      int experts,
      double gigabytes) {
    Inspection inspection =
        inspect(QWEN3.formatted(layers, hidden, width, heads, keyValueHeads, experts));
    // published with four digits
    assertThat(inspection.bytes() / 1e9).isCloseTo(gigabytes, within(gigabytes * 5e-4));
  }

  /** 40 layers, hidden size 2048, width 512: what 128 and 180 of 256 experts differ by. */
  @Test
  void prunedModelsDifferByTheirExpertsAndRouterRows() {
    Inspection fewer = inspect(QWEN3.formatted(40, 2048, 512, 16, 2, 128));
    Inspection more = inspect(QWEN3.formatted(40, 2048, 512, 16, 2, 180));
    assertThat(more.tensors() - fewer.tensors()).isEqualTo(6_240);
    assertThat(more.bytes() - fewer.bytes()).isEqualTo(13_094_748_160L);
  }

  @Test
  void otherFamiliesHaveTheirPublishedSizes() {
    assertThat(
            gigabytes(
                """
                {"model_type": "qwen2_moe", "num_hidden_layers": 24, "hidden_size": 2048,
                 "intermediate_size": 5632, "moe_intermediate_size": 1408,
                 "shared_expert_intermediate_size": 5632, "num_attention_heads": 16,
                 "num_key_value_heads": 16, "num_experts": 60, "num_experts_per_tok": 4,
                 "vocab_size": 151936}
                """))
        .isCloseTo(28.63, within(0.005));
    assertThat(
            gigabytes(
                """
                {"model_type": "olmoe", "num_hidden_layers": 16, "hidden_size": 2048,
                 "intermediate_size": 1024, "num_attention_heads": 16, "num_key_value_heads": 16,
                 "num_experts": 64, "num_experts_per_tok": 8, "vocab_size": 50304}
                """))
        .isCloseTo(13.84, within(0.005));
    assertThat(
            gigabytes(
                """
                {"model_type": "glm4_moe", "num_hidden_layers": 46, "hidden_size": 4096,
                 "intermediate_size": 10944, "moe_intermediate_size": 1408, "n_shared_experts": 1,
                 "n_routed_experts": 128, "num_experts_per_tok": 8, "num_attention_heads": 96,
                 "num_key_value_heads": 8, "head_dim": 128, "first_k_dense_replace": 1,
                 "attention_bias": true, "use_qk_norm": false, "vocab_size": 151552}
                """))
        .isCloseTo(213.7, within(0.05));
    assertThat(
            gigabytes(
                """
                {"model_type": "dots1", "num_hidden_layers": 62, "hidden_size": 4096,
                 "intermediate_size": 10944, "moe_intermediate_size": 1408, "n_shared_experts": 2,
                 "n_routed_experts": 128, "num_experts_per_tok": 6, "num_attention_heads": 32,
                 "num_key_value_heads": 32, "head_dim": 128, "first_k_dense_replace": 1,
                 "vocab_size": 152064}
                """))
        .isCloseTo(285.6, within(0.06));
    assertThat(
            gigabytes(
                """
                {"model_type": "ernie4_5_moe", "num_hidden_layers": 28, "hidden_size": 2560,
                 "intermediate_size": 12288, "moe_intermediate_size": 1536, "moe_num_experts": 64,
                 "moe_k": 6, "moe_num_shared_experts": 2, "moe_layer_start_index": 1,
                 "num_attention_heads": 20, "num_key_value_heads": 4, "head_dim": 128,
                 "vocab_size": 103424, "tie_word_embeddings": true}
                """))
        .isCloseTo(43.65, within(0.005));
    assertThat(
            gigabytes(
                """
                {"model_type": "granitemoe", "num_hidden_layers": 24, "hidden_size": 1024,
                 "intermediate_size": 512, "num_local_experts": 32, "num_experts_per_tok": 8,
                 "num_attention_heads": 16, "num_key_value_heads": 8, "vocab_size": 49155,
                 "tie_word_embeddings": true}
                """))
        .isCloseTo(2.67, within(0.005));
  }

  @Test
  void anIndexIsHeldAgainstTheConfig() throws IOException {
    Path model = write(MIXTRAL.formatted(1, 16, 4, 8));
    Path index = model.resolve("model.safetensors.index.json");
    Files.writeString(
        index,
        """
        {"metadata": {"total_size": 7},
         "weight_map": {"model.embed_tokens.weight": "a.safetensors", "extra": "a.safetensors"}}
        """);
    assertThat(inspect(model).findings())
        .containsExactly(
            Finding.error(
                index.toString(),
                "lacks 33 tensors that the config asks for: 'model.norm.weight', 'lm_head.weight',"
                    + " 'model.layers.0.input_layernorm.weight',"
                    + " 'model.layers.0.self_attn.q_proj.weight',"
                    + " 'model.layers.0.self_attn.k_proj.weight', …"),
            Finding.warning(
                index.toString(), "lists 1 tensors that the config does not ask for: 'extra'"),
            Finding.warning(
                index.toString(),
                "total_size is 7, the config's tensors have %d bytes"
                    .formatted(inspect(model).bytes())));
  }

  @Test
  void aFolderWithWeightsIsNoOutline() throws IOException {
    Path model = write(MIXTRAL.formatted(1, 16, 4, 8));
    Files.writeString(model.resolve("model-00001-of-00002.safetensors"), "half of it");
    assertThat(ModelOutline.of(model)).isEmpty();
    assertThat(ModelOutline.of(folder.resolve("nowhere"))).isEmpty();
  }

  @Test
  void anAbsurdConfigIsRefused() {
    String absurd =
        MIXTRAL.formatted(2000, 16, 4, 8).replace("experts\": 8", "experts\": 2000000000");
    assertThatThrownBy(() -> inspect(absurd))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("would be more than 4000000 tensors");
  }

  private double gigabytes(String config) {
    return inspect(config).bytes() / 1e9;
  }

  private Inspection inspect(String config) {
    return inspect(write(config));
  }

  private static Inspection inspect(Path model) {
    return new OutlineInspector(ModelOutline.of(model).orElseThrow(), FamilyCatalog.builtIn())
        .inspect();
  }

  private Path write(String config) {
    try {
      Files.writeString(folder.resolve("config.json"), config);
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
