package io.moetool.formats.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moetool.formats.BadInputException;
import io.moetool.formats.json.Json;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** A family whose numbers may stand in a nested object and whose tensors have several names. */
class NestedFamilyTest {
  private static final Family FAMILY =
      new Family(
          Json.readObject(
              "test",
              """
              {"family": "test", "title": "Test", "modelTypes": ["test", "test_text"],
               "configRoot": ["text_config", ""],
               "dimensions": {
                 "layers": {"config": "num_hidden_layers"}, "hidden": {"config": "hidden_size"},
                 "vocabulary": 8, "maxPositions": 64, "experts": {"config": "num_experts"},
                 "expertsPerToken": 2, "expertWidth": 4, "denseWidth": 4},
               "head": {"tied": {"config": "tie_word_embeddings", "default": false}},
               "norm": {"epsilon": 1e-6},
               "attention": {"heads": 2, "projectionBias": false, "outputBias": false,
                             "queryKeyNorm": "none"},
               "rope": {"defaultTheta": 10000},
               "requires": {"attention_bias": false},
               "router": {"score": "softmax", "weighting": "sum"},
               "experts": {"activation": "silu"},
               "otherNames": [
                 {"model.": "model.language_model."},
                 {"model.": "language_model.model.", "lm_head.": "language_model.lm_head."}],
               "either": [[["expertsGateUp", "expertsDown"],
                           ["expertGate", "expertUp", "expertDown"]]],
               "otherParts": ["model.visual."],
               "tensors": {
                 "embedding": "model.embed_tokens.weight",
                 "head": "lm_head.weight",
                 "router": "model.layers.{layer}.mlp.gate.weight",
                 "expertsGateUp": "model.layers.{layer}.mlp.experts.gate_up_proj",
                 "expertsDown": "model.layers.{layer}.mlp.experts.down_proj",
                 "expertGate": "model.layers.{layer}.mlp.experts.{expert}.gate_proj.weight",
                 "expertUp": "model.layers.{layer}.mlp.experts.{expert}.up_proj.weight",
                 "expertDown": "model.layers.{layer}.mlp.experts.{expert}.down_proj.weight"}}
              """));

  private static final String NUMBERS =
      "\"num_hidden_layers\": 2, \"hidden_size\": 16, \"num_experts\": 4";

  private static final String FLAT = "{\"model_type\": \"test_text\", " + NUMBERS + "}";

  private static final String NESTED =
      "{\"model_type\": \"test\", \"text_config\": {\"model_type\": \"test_text\", "
          + NUMBERS
          + ", \"rope_parameters\": {\"rope_type\": \"linear\", \"factor\": 2.0,"
          + " \"rope_theta\": 77}}}";

  @Test
  void numbersAreFoundInsideAndOutside() {
    assertThat(resolve(FLAT).layers()).isEqualTo(2);
    Architecture nested = resolve(NESTED);
    assertThat(nested.layers()).isEqualTo(2);
    assertThat(nested.modelType()).isEqualTo("test");
    assertThat(nested.ropes().getFirst().theta()).isEqualTo(77);
    assertThat(nested.ropes().getFirst().scaling()).isEqualTo(new RopeScaling.Linear(2));
  }

  @Test
  void theNestedObjectDecidesBeforeWhatStandsOutside() {
    String both = NESTED.replace("\"text_config\"", "\"hidden_size\": 99, \"text_config\"");
    assertThat(resolve(both).hidden()).isEqualTo(16);
    String outside = NESTED.replace("{\"model", "{\"tie_word_embeddings\": true, \"model");
    assertThat(resolve(outside).head().tied()).isTrue();
  }

  @Test
  void countsOfExpertsAreEditedAtEveryDepth() {
    assertThat(resolve(FLAT).expertCountPaths()).containsExactly("num_experts");
    assertThat(resolve(NESTED).expertCountPaths()).containsExactly("text_config.num_experts");
    String both = NESTED.replace("\"text_config\"", "\"num_experts\": 4, \"text_config\"");
    assertThat(resolve(both).expertCountPaths())
        .containsExactly("text_config.num_experts", "num_experts");
  }

  @Test
  void countsThatContradictEachOtherAreRefused() {
    String both = NESTED.replace("\"text_config\"", "\"num_experts\": 8, \"text_config\"");
    assertThatThrownBy(() -> resolve(both))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(
            "it contradicts itself: text_config.num_experts, num_experts are [4, 8]");
  }

  @Test
  void whatIsNotSupportedIsRefusedInsideToo() {
    String biased = NESTED.replace("\"hidden_size\"", "\"attention_bias\": true, \"hidden_size\"");
    assertThatThrownBy(() -> resolve(biased)).hasMessageContaining("attention_bias is true");
  }

  @Test
  void theStoredEmbeddingTellsHowAllTensorsAreNamed() {
    assertThat(names().weight(TensorRole.EMBEDDING)).isEqualTo("model.embed_tokens.weight");
    TensorNames inner = names("model.language_model.embed_tokens.weight");
    assertThat(inner.weight(TensorRole.ROUTER, 1))
        .isEqualTo("model.language_model.layers.1.mlp.gate.weight");
    assertThat(inner.weight(TensorRole.HEAD)).isEqualTo("lm_head.weight");
    TensorNames outer = names("language_model.model.embed_tokens.weight");
    assertThat(outer.weight(TensorRole.ROUTER, 1))
        .isEqualTo("language_model.model.layers.1.mlp.gate.weight");
    assertThat(outer.weight(TensorRole.HEAD)).isEqualTo("language_model.lm_head.weight");
  }

  @Test
  void theStoredExpertsTellHowExpertsAreLaidOut() {
    assertThat(new ExpertTensors(names()).areStacked()).isTrue();
    TensorNames apart =
        names(
            "model.language_model.embed_tokens.weight",
            "model.language_model.layers.1.mlp.experts.3.up_proj.weight");
    assertThat(new ExpertTensors(apart).areStacked()).isFalse();
    assertThat(apart.has(TensorRole.EXPERTS_DOWN)).isFalse();
    TensorNames stacked = names("model.layers.1.mlp.experts.down_proj");
    assertThat(new ExpertTensors(stacked).areStacked()).isTrue();
    assertThat(stacked.has(TensorRole.EXPERT_DOWN)).isFalse();
  }

  @Test
  void otherPartsOfTheModelAreKnownByTheirBeginning() {
    assertThat(names().isOfOtherPart("model.visual.blocks.0.attn.qkv.weight")).isTrue();
    assertThat(names().isOfOtherPart("model.visually")).isFalse();
  }

  private static TensorNames names(String... stored) {
    return FAMILY.resolve(config(FLAT), new TreeSet<>(Set.of(stored))).names();
  }

  private static Architecture resolve(String text) {
    return FAMILY.resolve(config(text), Set.of());
  }

  private static ModelConfig config(String text) {
    return ModelConfig.parse("config.json", text);
  }
}
