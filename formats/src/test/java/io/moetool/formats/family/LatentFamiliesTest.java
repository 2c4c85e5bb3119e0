package io.moetool.formats.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.moetool.formats.BadInputException;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Families with latent attention, in the shapes they are published in. */
class LatentFamiliesTest {
  private static final String V2_LITE =
      """
      {"model_type": "deepseek_v2", "num_hidden_layers": 27, "hidden_size": 2048,
       "vocab_size": 102400, "intermediate_size": 10944, "moe_intermediate_size": 1408,
       "num_attention_heads": 16, "num_key_value_heads": 16, "q_lora_rank": null,
       "kv_lora_rank": 512, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128,
       "n_routed_experts": 64, "num_experts_per_tok": 6, "n_shared_experts": 2,
       "first_k_dense_replace": 1, "moe_layer_freq": 1, "n_group": 1, "topk_group": 1,
       "topk_method": "greedy", "scoring_func": "softmax", "norm_topk_prob": false,
       "routed_scaling_factor": 1.0, "rms_norm_eps": 1e-06, "rope_theta": 10000,
       "rope_scaling": {"type": "yarn", "factor": 40, "mscale": 0.707, "mscale_all_dim": 0.707,
         "beta_fast": 32, "beta_slow": 1, "original_max_position_embeddings": 4096}}
      """;

  private static final String V2 =
      """
      {"model_type": "deepseek_v2", "num_hidden_layers": 60, "hidden_size": 5120,
       "vocab_size": 102400, "intermediate_size": 12288, "moe_intermediate_size": 1536,
       "num_attention_heads": 128, "q_lora_rank": 1536, "kv_lora_rank": 512,
       "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128,
       "n_routed_experts": 160, "num_experts_per_tok": 6, "n_shared_experts": 2,
       "first_k_dense_replace": 1, "n_group": 8, "topk_group": 3,
       "topk_method": "group_limited_greedy", "norm_topk_prob": false,
       "routed_scaling_factor": 16.0}
      """;

  private static final String V3 =
      """
      {"model_type": "deepseek_v3", "num_hidden_layers": 61, "hidden_size": 7168,
       "vocab_size": 129280, "intermediate_size": 18432, "moe_intermediate_size": 2048,
       "num_attention_heads": 128, "q_lora_rank": 1536, "kv_lora_rank": 512,
       "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128,
       "n_routed_experts": 256, "num_experts_per_tok": 8, "n_shared_experts": 1,
       "first_k_dense_replace": 3, "n_group": 8, "topk_group": 4, "topk_method": "noaux_tc",
       "scoring_func": "sigmoid", "norm_topk_prob": true, "routed_scaling_factor": 2.5,
       "rms_norm_eps": 1e-06, "max_position_embeddings": 163840, "rope_theta": 10000,
       "rope_scaling": {"type": "yarn", "factor": 40, "mscale": 1.0, "mscale_all_dim": 1.0,
         "beta_fast": 32, "beta_slow": 1, "original_max_position_embeddings": 4096}}
      """;

  private static final String KIMI_K2 =
      V3.replace("deepseek_v3", "kimi_k2")
          .replace("\"vocab_size\": 129280", "\"vocab_size\": 163840")
          .replace("\"num_attention_heads\": 128", "\"num_attention_heads\": 64")
          .replace("\"n_routed_experts\": 256", "\"n_routed_experts\": 384")
          .replace("\"first_k_dense_replace\": 3", "\"first_k_dense_replace\": 1")
          .replace("\"n_group\": 8, \"topk_group\": 4", "\"n_group\": 1, \"topk_group\": 1")
          .replace("2.5", "2.827");

  private static final String MOONLIGHT =
      """
      {"model_type": "deepseek_v3", "num_hidden_layers": 27, "hidden_size": 2048,
       "vocab_size": 163840, "intermediate_size": 11264, "moe_intermediate_size": 1408,
       "num_attention_heads": 16, "q_lora_rank": null, "kv_lora_rank": 512,
       "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128,
       "n_routed_experts": 64, "num_experts_per_tok": 6, "n_shared_experts": 2,
       "first_k_dense_replace": 1, "n_group": 1, "topk_group": 1, "topk_method": "noaux_tc",
       "scoring_func": "sigmoid", "norm_topk_prob": true, "routed_scaling_factor": 2.446,
       "rms_norm_eps": 1e-05, "rope_theta": 50000.0}
      """;

  private static final String GLM_FLASH =
      """
      {"model_type": "glm4_moe_lite", "num_hidden_layers": 47, "hidden_size": 2048,
       "vocab_size": 154880, "intermediate_size": 10240, "moe_intermediate_size": 1536,
       "num_attention_heads": 20, "q_lora_rank": 768, "kv_lora_rank": 512,
       "qk_nope_head_dim": 192, "qk_rope_head_dim": 64, "v_head_dim": 256,
       "n_routed_experts": 64, "num_experts_per_tok": 4, "n_shared_experts": 1,
       "n_group": 1, "topk_group": 1, "topk_method": "noaux_tc", "norm_topk_prob": true,
       "routed_scaling_factor": 1.8, "rms_norm_eps": 1e-05, "rope_theta": 1000000,
       "partial_rotary_factor": 1.0}
      """;

  /** Counted by the reference library 5.18, which instantiated these configs without memory. */
  static Stream<Arguments> parameters() {
    return Stream.of(
        Arguments.of("DeepSeek-V2-Lite", V2_LITE, 15_706_484_224L),
        Arguments.of("DeepSeek-V2", V2, 235_741_434_880L),
        Arguments.of("DeepSeek-V3", V3, 671_026_419_200L),
        Arguments.of("Kimi-K2", KIMI_K2, 1_026_408_232_448L),
        Arguments.of("Moonlight-16B-A3B", MOONLIGHT, 15_960_110_208L),
        Arguments.of("GLM-4.7-Flash", GLM_FLASH, 29_943_393_920L));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("parameters")
  void shapesAddUpToThePublishedSize(String name, String config, long parameters) {
    Architecture architecture = resolve(config);
    ExpectedTensors expected = new ExpectedTensors(architecture);
    long routed = (long) architecture.moe().layers().size() * architecture.moe().experts();
    assertThat(
            elements(expected.outside())
                + IntStream.range(0, architecture.layers())
                    .mapToLong(layer -> elements(expected.inLayer(layer)))
                    .sum()
                + routed * elements(expected.perExpert()))
        .isEqualTo(parameters);
  }

  @Test
  void theSoftmaxScaleHasTheFactorOfAllDimensionsSquared() {
    // 192^-0.5 * (0.1 * 0.707 * ln 40 + 1)^2 = 0.0721688 * 1.2608^2
    assertThat(attention(V2_LITE).scale()).isCloseTo(0.114721, within(1e-6));
    assertThat(attention(V2).scale()).isCloseTo(1 / Math.sqrt(192), within(1e-12));
    assertThat(attention(V2_LITE.replace("\"mscale_all_dim\": 0.707,", "")).scale())
        .isCloseTo(1 / Math.sqrt(192), within(1e-12));
  }

  @Test
  void bothDialectsScaleTheSoftmax() {
    String newer =
        V2_LITE
            .replace("\"rope_scaling\": {\"type\"", "\"rope_parameters\": {\"rope_type\"")
            .replace("\"rope_theta\": 10000,", "");
    assertThat(attention(newer)).isEqualTo(attention(V2_LITE));
  }

  @Test
  void cosinesTakeTheRatioOfBothFactors() {
    String unlike = V2_LITE.replace("\"mscale\": 0.707", "\"mscale\": 1.0");
    // (0.1 ln 40 + 1) / (0.0707 ln 40 + 1) = 1.368888 / 1.260804
    assertThat(rope(unlike).scaling())
        .isInstanceOfSatisfying(
            RopeScaling.Yarn.class,
            yarn -> assertThat(yarn.attentionFactor()).isCloseTo(1.085726, within(1e-6)));
    assertThat(attention(unlike).scale()).isEqualTo(attention(V2_LITE).scale());
  }

  @Test
  void latentsAreNormedWithAnEpsilonOfTheirOwn() {
    Architecture moonlight = resolve(MOONLIGHT);
    assertThat(moonlight.norm().epsilon()).isEqualTo(1e-5);
    assertThat(attention(MOONLIGHT).latentEpsilon()).isEqualTo(1e-6);
    assertThat(attention(GLM_FLASH).latentEpsilon()).isEqualTo(1e-6);
  }

  @Test
  void pairsLieSideBySideUnlessTheConfigSaysOtherwise() {
    assertThat(rope(V2).layout()).isEqualTo(Rope.Layout.INTERLEAVED);
    assertThat(rope(V3).layout()).isEqualTo(Rope.Layout.INTERLEAVED);
    assertThat(rope(V3.replace("\"n_group\"", "\"rope_interleave\": false, \"n_group\"")).layout())
        .isEqualTo(Rope.Layout.HALF);
  }

  @Test
  void queriesHaveALatentOnlyIfTheConfigGivesItsWidth() {
    assertThat(attention(V2_LITE).queryRank()).isEmpty();
    assertThat(roles(V2_LITE)).contains(TensorRole.QUERY).doesNotContain(TensorRole.QUERY_UP);
    assertThat(attention(V2).queryRank()).isEqualTo(OptionalInt.of(1536));
    assertThat(roles(V2))
        .contains(TensorRole.QUERY_DOWN, TensorRole.QUERY_DOWN_NORM, TensorRole.QUERY_UP)
        .doesNotContain(TensorRole.QUERY);
  }

  @Test
  void widthsOfKeysAndValuesMayDiffer() {
    LatentAttention attention = attention(GLM_FLASH);
    assertThat(attention.keyWidth()).isEqualTo(256);
    assertThat(attention.outputWidth()).isEqualTo(20 * 256);
    assertThat(attention(V3).queryWidth()).isEqualTo(128 * 192);
    assertThat(attention(V3).outputWidth()).isEqualTo(128 * 128);
  }

  @Test
  void version2GroupsByMaximumAndOnlyWhereItsMethodSaysSo() {
    RouterSpec.Groups groups =
        new RouterSpec.Groups(8, 3, RouterSpec.GroupScore.MAX, RouterSpec.Fill.ZERO);
    assertThat(routing(V2).groups()).isEqualTo(groups);
    assertThat(routing(V2.replace("group_limited_greedy", "greedy")).groups())
        .isEqualTo(RouterSpec.Groups.NONE);
    assertThat(routing(V2).isInvariantUnderRemoval()).isFalse();
    assertThat(routing(V2_LITE).isInvariantUnderRemoval()).isFalse();
  }

  @Test
  void version2ScalesScoresAndNeverRenormalisesThem() {
    RouterSpec.TopScores routing =
        routing(V2.replace("\"norm_topk_prob\": false", "\"norm_topk_prob\": true"));
    assertThat(routing).isEqualTo(routing(V2));
    assertThat(routing.score()).isEqualTo(RouterSpec.Score.SOFTMAX);
    assertThat(routing.weighting()).isEqualTo(new RouterSpec.Weighting.Plain());
    assertThat(routing.scale()).isEqualTo(16);
  }

  @Test
  void version3GroupsByItsTwoBestAndNeverFallsBackOnARuledOutGroup() {
    assertThat(routing(V3))
        .isEqualTo(
            RouterSpec.biasedSigmoidTopK(8)
                .withScale(2.5f)
                .withGroups(
                    new RouterSpec.Groups(
                        8, 4, RouterSpec.GroupScore.TOP2_SUM, RouterSpec.Fill.NEGATIVE_INFINITY)));
    assertThat(routing(KIMI_K2)).isEqualTo(RouterSpec.biasedSigmoidTopK(8).withScale(2.827f));
    assertThat(routing(KIMI_K2).isInvariantUnderRemoval()).isTrue();
    assertThat(routing(V3).isInvariantUnderRemoval()).isFalse();
  }

  @Test
  void layersWithExpertsAreCountedOrListed() {
    assertThat(resolve(V3).moe().layers()).hasSize(58).startsWith(3);
    assertThat(resolve(KIMI_K2).moe().layers()).hasSize(60).startsWith(1);
    assertThat(resolve(GLM_FLASH).moe().layers()).hasSize(46).startsWith(1);
    String listed =
        GLM_FLASH
            .replace("\"num_hidden_layers\": 47", "\"num_hidden_layers\": 3")
            .replace(
                "\"n_group\"",
                "\"mlp_layer_types\": [\"sparse\", \"dense\", \"sparse\"], \"n_group\"");
    assertThat(resolve(listed).moe().layers()).containsExactly(0, 2);
  }

  @Test
  void otherWaysToChooseExpertsAreRefusedByName() {
    assertRefused(
        V2.replace("group_limited_greedy", "noaux_tc"),
        "topk_method is \"noaux_tc\", which is not supported in the family deepseek_v2");
    assertRefused(V3.replace("noaux_tc", "greedy"), "topk_method is \"greedy\"");
    assertRefused(V3.replace("sigmoid", "softmax"), "scoring_func is \"softmax\"");
    assertRefused(
        V2_LITE.replace("\"moe_layer_freq\": 1", "\"moe_layer_freq\": 2"), "moe_layer_freq is 2");
    assertRefused(
        V2.replace("\"topk_group\": 3", "\"topk_group\": 0"),
        "topk_group must be a positive whole number");
  }

  private static void assertRefused(String config, String reason) {
    assertThatThrownBy(() -> resolve(config))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(reason);
  }

  private static long elements(List<RoleShape> tensors) {
    return tensors.stream().mapToLong(tensor -> tensor.weight().elements()).sum();
  }

  private static List<TensorRole> roles(String config) {
    return new ExpectedTensors(resolve(config)).inLayer(0).stream().map(RoleShape::role).toList();
  }

  private static Architecture resolve(String config) {
    return FamilyCatalog.builtIn().resolve(ModelConfig.parse("config.json", config));
  }

  private static LatentAttention attention(String config) {
    return (LatentAttention) resolve(config).mixer(0);
  }

  private static Rope rope(String config) {
    return resolve(config).ropes().getFirst();
  }

  private static RouterSpec.TopScores routing(String config) {
    return (RouterSpec.TopScores) resolve(config).moe().routing();
  }
}
