package io.moetool.formats.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.moetool.formats.BadInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FamilyCatalogTest {
  private static final FamilyCatalog CATALOG = FamilyCatalog.builtIn();

  private static final String QWEN =
      """
      {"model_type": "qwen3_moe", "num_hidden_layers": 4, "hidden_size": 64, "vocab_size": 100,
       "intermediate_size": 128, "moe_intermediate_size": 32, "num_attention_heads": 4,
       "num_key_value_heads": 2, "head_dim": 32, "num_experts": 16, "num_experts_per_tok": 2,
       "norm_topk_prob": true, "rope_theta": 5000, "mlp_only_layers": [1], "decoder_sparse_step": 2}
      """;

  @Test
  void everyModelTypeBelongsToOneFamily() {
    assertThat(CATALOG.families().stream().flatMap(family -> family.modelTypes().stream()))
        .doesNotHaveDuplicates()
        .contains("qwen3_moe", "mixtral", "olmoe");
  }

  @Test
  void numbersOfAConfigFillTheFamilyIn() {
    Architecture architecture = resolve(QWEN);
    assertThat(((Attention) architecture.mixer(0)).queryWidth()).isEqualTo(128);
    assertThat(architecture.ropes().getFirst().theta()).isEqualTo(5000);
    assertThat(architecture.moe().routing().expertsPerToken()).isEqualTo(2);
    assertThat(architecture.moe().routing().isInvariantUnderRemoval()).isTrue();
    assertThat(architecture.expertCountPaths()).containsExactly("num_experts");
    assertThat(architecture.names().weight(TensorRole.EXPERT_DOWN, 3, 12))
        .isEqualTo("model.layers.3.mlp.experts.12.down_proj.weight");
  }

  @Test
  void sparseStepAndExceptionsDecideWhichLayersHaveExperts() {
    // (layer + 1) % 2 == 0 leaves 1 and 3; 1 is excepted.
    assertThat(resolve(QWEN).moe().layers()).containsExactly(3);
  }

  @Test
  void bothConfigDialectsMeanTheSame() {
    String newer =
        QWEN.replace("\"num_experts\"", "\"num_local_experts\"")
            .replace(
                "\"rope_theta\": 5000",
                "\"rope_parameters\": {\"rope_type\": \"default\", \"rope_theta\": 5000}");
    Architecture architecture = resolve(newer);
    assertThat(architecture.ropes()).isEqualTo(resolve(QWEN).ropes());
    assertThat(architecture.moe()).isEqualTo(resolve(QWEN).moe());
    assertThat(architecture.expertCountPaths()).containsExactly("num_local_experts");
  }

  @Test
  void aTensorsPlaceIsReadOffItsName() {
    TensorNames names = resolve(QWEN).names();
    assertThat(names.place("model.layers.3.mlp.experts.12.up_proj.weight"))
        .hasValueSatisfying(place -> {
          assertThat(place.role()).isEqualTo(TensorRole.EXPERT_UP);
          assertThat(place.layer()).hasValue(3);
          assertThat(place.expert()).hasValue(12);
        });
    assertThat(names.place("model.layers.03.mlp.gate.weight")).isEmpty();
    assertThat(names.place("model.layers.99999999999.mlp.gate.weight")).isEmpty();
    assertThat(names.place("xmodel.layers.3.mlp.gate.weight")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "\"num_experts\": 16|\"num_experts\": 0|num_experts or num_local_experts must be a positive whole number, found 0",
        "\"num_experts\": 16|\"num_experts\": \"16\"|must be a positive whole number",
        "\"num_experts\": 16|\"x\": 16|it does not say num_experts or num_local_experts",
        "\"num_experts_per_tok\": 2|\"num_experts_per_tok\": 17|17 experts per token are asked for, there are 16",
        "\"num_key_value_heads\": 2|\"num_key_value_heads\": 3|4 query heads cannot share 3 key/value heads",
        "\"norm_topk_prob\": true|\"norm_topk_prob\": 1|norm_topk_prob must be true or false",
        "\"rope_theta\": 5000|\"rope_scaling\": {\"type\": \"new\"}|rope scaling 'new' is not supported",
        "\"rope_theta\": 5000|\"rope_theta\": -1|rope theta -1.0 is not above 1",
        "\"rope_theta\": 5000|\"hidden_act\": \"gelu\"|activation 'gelu' are not supported",
        "\"mlp_only_layers\": [1]|\"mlp_only_layers\": [-1]|must be a list of layer indices",
        "qwen3_moe|gpt2|model type 'gpt2' is not known",
      })
  void impossibleConfigsAreRefused(String from, String to, String reason) {
    assertThatThrownBy(() -> resolve(QWEN.replace(from, to)))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith("config.json: ")
        .hasMessageContaining(reason);
  }

  @Test
  void yarnScalesCosinesByTheLogarithmOfTheFactor() {
    String yarn =
        QWEN.replace(
            "\"rope_theta\": 5000",
            "\"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 4.0,"
                + " \"original_max_position_embeddings\": 1024}");
    assertThat(resolve(yarn).ropes().getFirst().scaling())
        .isInstanceOfSatisfying(
            RopeScaling.Yarn.class,
            scaling -> {
              // 0.1 * ln 4 + 1
              assertThat(scaling.attentionFactor()).isCloseTo(1.1386294, within(1e-6));
              assertThat(scaling.original()).isEqualTo(1024);
            });
  }

  @Test
  void yarnsFactorOnCosinesAndItsExactRampAreTheConfigsWhereItStatesThem() {
    String stated =
        "\"rope_scaling\": {\"type\": \"yarn\", \"factor\": 4.0, \"mscale\": 0.5, \"mscale_all_dim\": 0.7,"
            + " \"original_max_position_embeddings\": 1024, \"attention_factor\": 1.25,"
            + " \"truncate\": false}";
    RopeScaling.Yarn yarn = yarn(stated);
    assertThat(yarn.attentionFactor()).isEqualTo(1.25);
    assertThat(yarn.truncate()).isFalse();
    assertThat(yarn(stated.replace(", \"truncate\": false", "")).truncate()).isTrue();
  }

  private static RopeScaling.Yarn yarn(String scaling) {
    return (RopeScaling.Yarn)
        resolve(QWEN.replace("\"rope_theta\": 5000", scaling)).ropes().getFirst().scaling();
  }

  private static Architecture resolve(String config) {
    return CATALOG.resolve(ModelConfig.parse("config.json", config));
  }
}
