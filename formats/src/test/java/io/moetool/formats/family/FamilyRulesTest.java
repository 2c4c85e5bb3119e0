package io.moetool.formats.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.moetool.formats.BadInputException;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Rules of single families, on configs as their checkpoints are published with. */
class FamilyRulesTest {
  private static final String HUNYUAN =
      """
      {"model_type": "hunyuan_v1_moe", "num_hidden_layers": 3, "hidden_size": 64, "vocab_size": 100,
       "intermediate_size": 32, "moe_intermediate_size": [32, 32, 32], "num_attention_heads": 4,
       "num_key_value_heads": 2, "head_dim": 16, "num_experts": 16, "moe_topk": [8, 8, 8],
       "num_shared_expert": [1, 1, 1], "rope_theta": 10000.0,
       "rope_scaling": {"alpha": 1000.0, "factor": 1.0, "type": "dynamic"}}
      """;

  private static final String QWEN2 =
      """
      {"model_type": "qwen2_moe", "num_hidden_layers": 6, "hidden_size": 64, "vocab_size": 100,
       "intermediate_size": 32, "moe_intermediate_size": 16, "shared_expert_intermediate_size": 48,
       "num_attention_heads": 4, "num_key_value_heads": 2, "num_experts": 16,
       "num_experts_per_tok": 4, "use_sliding_window": true, "sliding_window": 128,
       "max_window_layers": 4}
      """;

  private static final String ERNIE =
      """
      {"model_type": "ernie4_5_moe", "num_hidden_layers": 8, "hidden_size": 64, "vocab_size": 100,
       "intermediate_size": 128, "moe_intermediate_size": 16, "num_attention_heads": 4,
       "num_key_value_heads": 2, "moe_num_experts": 16, "moe_k": 4, "moe_layer_start_index": 1,
       "moe_layer_end_index": -1, "moe_layer_interval": 1, "use_bias": false}
      """;

  private static final String GLM =
      """
      {"model_type": "glm4_moe", "num_hidden_layers": 4, "hidden_size": 64, "vocab_size": 100,
       "intermediate_size": 128, "moe_intermediate_size": 16, "num_attention_heads": 4,
       "num_key_value_heads": 2, "head_dim": 32, "n_routed_experts": 16, "num_experts_per_tok": 4,
       "n_shared_experts": 2, "first_k_dense_replace": 3, "n_group": 4, "topk_group": 2,
       "partial_rotary_factor": 0.5, "routed_scaling_factor": 2.5}
      """;

  private static final String MINIMAX =
      """
      {"model_type": "minimax_m2", "num_hidden_layers": 2, "hidden_size": 64, "vocab_size": 100,
       "intermediate_size": 16, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 32,
       "num_local_experts": 16, "num_experts_per_tok": 4, "rotary_dim": 16,
       "scoring_func": "sigmoid", "use_routing_bias": true}
      """;

  private static final String GRANITE =
      """
      {"model_type": "granitemoeshared", "num_hidden_layers": 2, "hidden_size": 64, "vocab_size": 100,
       "intermediate_size": 16, "num_attention_heads": 4, "num_key_value_heads": 2,
       "num_local_experts": 16, "num_experts_per_tok": 4, "shared_intermediate_size": 24,
       "attention_multiplier": 0.015625, "embedding_multiplier": 12.0, "logits_scaling": 6.0,
       "residual_multiplier": 0.22}
      """;

  @Test
  void aListWithTheSameValueForEveryLayerIsThatValue() {
    Architecture architecture = resolve(HUNYUAN);
    assertThat(architecture.moe().routing().expertsPerToken()).isEqualTo(8);
    assertThat(architecture.moe().expertWidth()).isEqualTo(32);
    assertThat(architecture.moe().shared()).contains(new MoeBlock.SharedExpert(1, 32, false));
    assertThat(rope(architecture).scaling()).isEqualTo(new RopeScaling.Alpha(1000));
    assertThat(attention(architecture, 0).normsRotated()).isTrue();
  }

  @Test
  void aListWhoseValuesDifferIsRefused() {
    assertRefused(
        HUNYUAN.replace("[8, 8, 8]", "[8, 4, 8]"),
        "moe_topk or num_experts_per_tok differs from layer to layer: [8,4,8]");
  }

  @Test
  void whatADataFileDoesNotDescribeIsRefusedByName() {
    assertRefused(
        HUNYUAN.replace("\"vocab_size\"", "\"use_cla\": true, \"vocab_size\""),
        "use_cla is true, which is not supported in the family hunyuan_v1_moe");
    assertRefused(ERNIE.replace("\"use_bias\": false", "\"use_bias\": true"), "use_bias is true");
    assertRefused(
        MINIMAX.replace("\"scoring_func\": \"sigmoid\"", "\"scoring_func\": \"cosine\""),
        "routers that score by 'cosine' are not supported");
  }

  @Test
  void rotationsThatDifferByLayerTypeAreRefused() {
    assertRefused(
        ERNIE.replace(
            "\"use_bias\"", "\"rope_parameters\": {\"full_attention\": {}}, \"use_bias\""),
        "rotations that differ by layer type are not supported, found [full_attention]");
  }

  @Test
  void qwen2SeesFarInEverySecondLayerAndBeyondTheWindowedOnes() {
    assertThat(slidingLayers(resolve(QWEN2))).contains(0, 2).doesNotContain(1, 4, 5);
  }

  @Test
  void aWindowThatIsNotUsedLimitsNothing() {
    String unused = QWEN2.replace("\"use_sliding_window\": true", "\"use_sliding_window\": false");
    assertThat(slidingLayers(resolve(unused))).isEmpty();
  }

  @Test
  void listedLayerTypesComeBeforeTheRule() {
    String full = "\"full_attention\"";
    String listed =
        QWEN2.replace(
            "\"vocab_size\"",
            "\"layer_types\": [%s, %s, %s, %s, %s, \"sliding_attention\"], \"vocab_size\""
                .formatted(full, full, full, full, full));
    assertThat(slidingLayers(resolve(listed))).containsExactly(5);
  }

  @Test
  void ernieHasExpertsBetweenItsBoundsAtItsInterval() {
    assertThat(resolve(ERNIE).moe().layers()).containsExactly(1, 2, 3, 4, 5, 6, 7);
    String sparser =
        ERNIE
            .replace("\"moe_layer_interval\": 1", "\"moe_layer_interval\": 2")
            .replace("\"moe_layer_end_index\": -1", "\"moe_layer_end_index\": 6");
    // (layer + 1) % 2 == 0 from 1 to 6
    assertThat(resolve(sparser).moe().layers()).containsExactly(1, 3, 5);
  }

  @Test
  void ernieWidthsOfSharedExpertsAddUpAndNoneMayBeThere() {
    assertThat(resolve(ERNIE).moe().shared()).contains(new MoeBlock.SharedExpert(2, 32, false));
    String none = ERNIE.replace("\"use_bias\"", "\"moe_num_shared_experts\": 0, \"use_bias\"");
    assertThat(resolve(none).moe().shared()).isEmpty();
    assertThat(rope(resolve(ERNIE)).layout()).isEqualTo(Rope.Layout.INTERLEAVED);
    assertThat(resolve(ERNIE).head().tied()).isTrue();
  }

  @Test
  void sumsThatErnieDividesByAreNoSmallerThanItsMinimum() {
    String own = ERNIE.replace("\"use_bias\"", "\"moe_norm_min\": 0.001, \"use_bias\"");
    assertThat(weighting(ERNIE)).isEqualTo(new RouterSpec.Weighting.ClampedSum(1e-12f));
    assertThat(weighting(own)).isEqualTo(new RouterSpec.Weighting.ClampedSum(1e-3f));
  }

  private static RouterSpec.Weighting weighting(String config) {
    return ((RouterSpec.TopScores) resolve(config).moe().routing()).weighting();
  }

  @Test
  void glmStartsDenseRotatesHalfAndRoutesInGroups() {
    Architecture architecture = resolve(GLM);
    assertThat(architecture.moe().layers()).containsExactly(3);
    assertThat(rope(architecture).rotaryDim()).isEqualTo(16);
    assertThat(attention(architecture, 0).queryKeyNorm()).isEqualTo(Attention.QueryKeyNorm.NONE);
    assertThat(architecture.moe().routing())
        .isEqualTo(
            RouterSpec.biasedSigmoidTopK(4)
                .withScale(2.5f)
                .withGroups(
                    new RouterSpec.Groups(
                        4, 2, RouterSpec.GroupScore.TOP2_SUM, RouterSpec.Fill.NEGATIVE_INFINITY)));
  }

  @Test
  void groupsThatCannotServeATokenAreRefused() {
    assertRefused(
        GLM.replace("\"n_routed_experts\": 16", "\"n_routed_experts\": 4"),
        "4 experts in 4 groups, of which 2 are used, cannot serve 4 experts per token");
  }

  @Test
  void miniMaxNamesItsRotaryWidthAndItsBias() {
    Architecture architecture = resolve(MINIMAX);
    assertThat(rope(architecture).rotaryDim()).isEqualTo(16);
    assertThat(architecture.moe().routing())
        .isEqualTo(RouterSpec.biasedSigmoidTopK(4).withWeighting(new RouterSpec.Weighting.Sum()));
    String unbiased = MINIMAX.replace("\"use_routing_bias\": true", "\"use_routing_bias\": false");
    assertThat(resolve(unbiased).moe().routing())
        .isInstanceOfSatisfying(
            RouterSpec.TopScores.class, top -> assertThat(top.selectionBias()).isFalse());
  }

  @Test
  void graniteMultipliesWhatItSays() {
    Architecture architecture = resolve(GRANITE);
    assertThat(attention(architecture, 0).scale()).isEqualTo(0.015625);
    assertThat(architecture.wiring().embeddingScale()).isEqualTo(12);
    assertThat(architecture.wiring().residualScale()).isEqualTo(0.22);
    assertThat(architecture.wiring().logitScale()).isCloseTo(1 / 6.0, within(1e-12));
    assertThat(architecture.moe().shared()).contains(new MoeBlock.SharedExpert(1, 24, false));
    assertThat(new ExpertTensors(architecture.names()).areStacked()).isTrue();
    assertRefused(GRANITE.replace("6.0", "0.0"), "logits cannot be divided by 0.0");
  }

  private static void assertRefused(String config, String reason) {
    assertThatThrownBy(() -> resolve(config))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith("config.json: ")
        .hasMessageContaining(reason);
  }

  private static Architecture resolve(String config) {
    return FamilyCatalog.builtIn().resolve(ModelConfig.parse("config.json", config));
  }

  private static Attention attention(Architecture architecture, int layer) {
    return (Attention) architecture.mixer(layer);
  }

  private static Rope rope(Architecture architecture) {
    assertThat(architecture.ropes()).hasSize(1);
    return architecture.ropes().getFirst();
  }

  /** Layers whose tokens see 128 keys; the others see all. */
  private static List<Integer> slidingLayers(Architecture architecture) {
    return IntStream.range(0, architecture.layers())
        .filter(
            layer -> attention(architecture, layer).reach().equals(new Attention.Reach.Window(128)))
        .boxed()
        .toList();
  }
}
