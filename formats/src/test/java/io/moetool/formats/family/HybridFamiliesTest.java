package io.moetool.formats.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moetool.formats.BadInputException;
import io.moetool.formats.DType;
import io.moetool.formats.HeaderStore;
import io.moetool.formats.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Families in which some layers attend and the others carry a state from token to token. */
class HybridFamiliesTest {
  /** Qwen3-Next-80B-A3B as published, but for what does not matter here. */
  private static final String NEXT =
      """
      {"model_type": "qwen3_next", "num_hidden_layers": 48, "hidden_size": 2048,
       "vocab_size": 151936, "intermediate_size": 5632, "moe_intermediate_size": 512,
       "shared_expert_intermediate_size": 512, "num_attention_heads": 16,
       "num_key_value_heads": 2, "head_dim": 256, "partial_rotary_factor": 0.25,
       "rope_theta": 10000000, "num_experts": 512, "num_experts_per_tok": 10,
       "norm_topk_prob": true, "full_attention_interval": 4, "linear_conv_kernel_dim": 4,
       "linear_key_head_dim": 128, "linear_num_key_heads": 16, "linear_num_value_heads": 32,
       "linear_value_head_dim": 128, "decoder_sparse_step": 1, "mlp_only_layers": []}
      """;

  /** Qwen3.5-35B-A3B as published, but for what does not matter here. */
  private static final String IMAGES =
      """
      {"model_type": "qwen3_5_moe", "tie_word_embeddings": false, "vision_config": {"depth": 27},
       "text_config": {"model_type": "qwen3_5_moe_text", "num_hidden_layers": 40,
       "hidden_size": 2048, "vocab_size": 248320, "moe_intermediate_size": 512,
       "shared_expert_intermediate_size": 512, "num_attention_heads": 16,
       "num_key_value_heads": 2, "head_dim": 256, "num_experts": 256, "num_experts_per_tok": 8,
       "full_attention_interval": 4, "linear_conv_kernel_dim": 4, "linear_key_head_dim": 128,
       "linear_num_key_heads": 16, "linear_num_value_heads": 32, "linear_value_head_dim": 128,
       "rope_parameters": {"rope_type": "default", "rope_theta": 10000000,
       "partial_rotary_factor": 0.25, "mrope_section": [11, 11, 10], "mrope_interleaved": true}}}
      """;

  /** Jamba-v0.1 as published, but for what does not matter here. */
  private static final String JAMBA =
      """
      {"model_type": "jamba", "num_hidden_layers": 32, "hidden_size": 4096, "vocab_size": 65536,
       "intermediate_size": 14336, "num_attention_heads": 32, "num_key_value_heads": 8,
       "num_experts": 16, "num_experts_per_tok": 2, "expert_layer_period": 2,
       "expert_layer_offset": 1, "attn_layer_period": 8, "attn_layer_offset": 4,
       "mamba_conv_bias": true, "mamba_d_conv": 4, "mamba_d_state": 16, "mamba_dt_rank": 256,
       "mamba_expand": 2, "mamba_inner_layernorms": true, "mamba_proj_bias": false,
       "rms_norm_eps": 1e-06, "tie_word_embeddings": false}
      """;

  @Test
  void everyFourthLayerOfQwen3NextAttends() {
    Architecture architecture = resolve(NEXT);
    assertThat(attending(architecture))
        .containsExactly(3, 7, 11, 15, 19, 23, 27, 31, 35, 39, 43, 47);
    assertThat(architecture.mixer(0)).isEqualTo(new DeltaNet(16, 128, 32, 128, 4));
    assertThat(architecture.norm().kind()).isEqualTo(Norm.Kind.RMS_PLUS_ONE);
    Attention attention = (Attention) architecture.mixer(3);
    assertThat(attention.outputGate()).isTrue();
    assertThat(attention.rope().orElseThrow().rotaryDim()).isEqualTo(64);
    assertThat(architecture.moe().shared()).contains(new MoeBlock.SharedExpert(1, 512, true));
  }

  @Test
  void aRotationOfAQuarterIsMeantWhereQwen3NextSaysNothing() {
    Architecture silent = resolve(NEXT.replace("\"partial_rotary_factor\": 0.25,", ""));
    assertThat(silent.ropes().getFirst().rotaryDim()).isEqualTo(64);
  }

  @Test
  void listedTypesOfLayersComeBeforeTheInterval() {
    String types = "\"layer_types\": [\"full_attention\", \"linear_attention\"], ";
    String small = NEXT.replace("\"num_hidden_layers\": 48", types + "\"num_hidden_layers\": 2");
    assertThat(attending(resolve(small))).containsExactly(0);
    assertRefused(
        small.replace("\"linear_attention\"", "\"sliding_attention\""),
        "layer types must be one of [full_attention, linear_attention] for each of 2 layers,"
            + " found [full_attention, sliding_attention]");
    assertRefused(small.replace("layers\": 2", "layers\": 3"), "layer types must be one of");
  }

  @Test
  void valueHeadsThatCannotShareKeyHeadsAreRefused() {
    assertRefused(
        NEXT.replace("\"linear_num_value_heads\": 32", "\"linear_num_value_heads\": 24"),
        "24 value heads cannot share 16 key heads evenly");
  }

  /** Numbers of the reference library's own class with this config. */
  @Test
  void qwen3NextHasAsManyParametersAsTheReferenceLibrarySays() {
    List<RoleShape> all = stored(resolve(NEXT));
    assertThat(parameters(all)).isEqualTo(79_674_391_296L);
    // 3 outside; 2 norms, router, shared expert with its gate and 512 experts in 48 layers; 7 of a
    // delta net in 36, 6 of attention in 12.
    assertThat(all).hasSize(3 + 48 * (2 + 1 + 4 + 3 * 512) + 36 * 7 + 12 * 6);
  }

  @Test
  void theRotatedShareOfNewerConfigsStandsWithTheRotation() {
    String half =
        IMAGES.replace("\"partial_rotary_factor\": 0.25", "\"partial_rotary_factor\": 0.5");
    assertThat(resolve(half).ropes().getFirst().rotaryDim()).isEqualTo(128);
  }

  /** Numbers of the reference library's own class with this config, but for images. */
  @Test
  void qwen35HasAsManyParametersAsTheReferenceLibrarySays() {
    Architecture architecture = resolve(IMAGES);
    assertThat(attending(architecture)).containsExactly(3, 7, 11, 15, 19, 23, 27, 31, 35, 39);
    assertThat(architecture.mixer(0)).isEqualTo(new DeltaNet(16, 128, 32, 128, 4));
    assertThat(((Attention) architecture.mixer(3)).rope().orElseThrow().rotaryDim()).isEqualTo(64);
    assertThat(architecture.expertCountPaths()).containsExactly("text_config.num_experts");
    assertThat(parameters(stored(architecture))).isEqualTo(34_660_610_688L);
  }

  /**
   * Two checkpoints of 128 and of 180 experts, one expert a tensor, differ by 3 tensors an expert
   * and layer, and by their bytes and those of the router's rows.
   */
  @Test
  void expertsOfQwen35CountAsInCheckpointsPrunedByOthers() {
    List<RoleShape> fewer = stored(byExpert(128));
    List<RoleShape> more = stored(byExpert(180));
    assertThat(more.size() - fewer.size()).isEqualTo(6240);
    assertThat(2 * (parameters(more) - parameters(fewer))).isEqualTo(13_094_748_160L);
  }

  @Test
  void qwen35WithImagesPrefixesItsDecoderAndKeepsTheRest() {
    HeaderStore store = new HeaderStore();
    store.add("model.language_model.embed_tokens.weight", DType.BF16, 248320, 2048);
    TensorNames names =
        FamilyCatalog.builtIn().resolve(ModelConfig.parse("config.json", IMAGES), store).names();
    assertThat(names.weight(TensorRole.HEAD)).isEqualTo("lm_head.weight");
    assertThat(names.weight(TensorRole.EXPERTS_GATE_UP, 1))
        .isEqualTo("model.language_model.layers.1.mlp.experts.gate_up_proj");
    assertThat(names.isOfOtherPart("model.visual.blocks.0.attn.qkv.weight")).isTrue();
  }

  @Test
  void oneLayerOfEightOfJambaAttendsAndEverySecondHasExperts() {
    Architecture architecture = resolve(JAMBA);
    assertThat(attending(architecture)).containsExactly(4, 12, 20, 28);
    assertThat(architecture.moe().layers()).startsWith(1, 3, 5).hasSize(16);
    assertThat(architecture.mixer(0)).isEqualTo(new Mamba(8192, 16, 256, 4, true, false));
    assertThat(architecture.ropes()).isEmpty();
    assertThat(architecture.moe().routing())
        .isInstanceOfSatisfying(
            RouterSpec.TopScores.class,
            router -> assertThat(router.weighting()).isEqualTo(new RouterSpec.Weighting.Plain()));
  }

  /** Number of the reference library's own class with this config. */
  @Test
  void jambaHasAsManyParametersAsTheReferenceLibrarySays() {
    List<RoleShape> all = stored(resolve(JAMBA));
    assertThat(parameters(all)).isEqualTo(51_570_323_328L);
    // 3 outside; 2 norms, 10 of a Mamba mixer in 28 layers, 4 of attention in 4; router and 16
    // experts in 16 layers, 3 of a dense block in the others.
    assertThat(all).hasSize(3 + 32 * 2 + 28 * 10 + 4 * 4 + 16 * (1 + 3 * 16) + 16 * 3);
  }

  @Test
  void theRankOfStepsThatJambaLeavesOpenIsASixteenthOfTheHiddenSizeRoundedUp() {
    String open = JAMBA.replace("\"mamba_dt_rank\": 256", "\"mamba_dt_rank\": \"auto\"");
    assertThat(stepRank(open)).isEqualTo(256);
    assertThat(stepRank(open.replace("4096", "4100"))).isEqualTo(257);
    assertThat(stepRank(JAMBA.replace("\"mamba_dt_rank\": 256,", ""))).isEqualTo(256);
    assertRefused(
        JAMBA.replace("\"mamba_dt_rank\": 256", "\"mamba_dt_rank\": \"most\""),
        "mamba_dt_rank must be a positive whole number, found \"most\"");
  }

  private static int stepRank(String config) {
    return ((Mamba) resolve(config).mixer(0)).stepRank();
  }

  @Test
  void jambaWithOneExpertOrWithoutInnerNormsIsRefused() {
    assertRefused(
        JAMBA.replace("\"num_experts\": 16", "\"num_experts\": 1"),
        "it counts 1 experts; with fewer than 2 no layer has any");
    assertRefused(
        JAMBA.replace("norms\": true", "norms\": false"),
        "mamba_inner_layernorms is false, which is not supported in the family jamba");
  }

  private static Architecture byExpert(int experts) {
    String config = IMAGES.replace("\"num_experts\": 256", "\"num_experts\": " + experts);
    return FamilyCatalog.builtIn()
        .resolve(
            ModelConfig.parse("config.json", config),
            Set.of("model.layers.0.mlp.experts.0.gate_proj.weight", "model.embed_tokens.weight"));
  }

  private static long parameters(List<RoleShape> tensors) {
    return tensors.stream()
        .mapToLong(
            tensor -> tensor.weight().elements() + tensor.bias().map(Shape::elements).orElse(0L))
        .sum();
  }

  /** Every tensor that a checkpoint stores, biases with their weights. */
  private static List<RoleShape> stored(Architecture architecture) {
    ExpectedTensors expected = new ExpectedTensors(architecture);
    List<RoleShape> all = new ArrayList<>(expected.outside());
    for (int layer = 0; layer < architecture.layers(); layer++) {
      all.addAll(expected.inLayer(layer));
      if (architecture.isMoe(layer)) {
        for (int expert = 0; expert < architecture.moe().experts(); expert++) {
          all.addAll(expected.perExpert());
        }
      }
    }
    return all;
  }

  private static List<Integer> attending(Architecture architecture) {
    return IntStream.range(0, architecture.layers())
        .filter(layer -> architecture.mixer(layer) instanceof Attention)
        .boxed()
        .toList();
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
}
