package io.moetool.formats.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import io.moetool.formats.BadInputException;
import io.moetool.formats.DType;
import io.moetool.formats.HeaderStore;
import java.util.List;
import java.util.SequencedSet;
import org.junit.jupiter.api.Test;

class CheckpointStructureTest {
  private static final String QWEN =
      """
      {"model_type": "qwen3_moe", "num_hidden_layers": 2, "hidden_size": 6, "vocab_size": 10,
       "intermediate_size": 7, "moe_intermediate_size": 3, "num_attention_heads": 2,
       "num_key_value_heads": 1, "head_dim": 4, "num_experts": 4, "num_experts_per_tok": 2,
       "mlp_only_layers": [0]}
      """;

  private final Headers headers = new Headers();

  @Test
  void tensorsAsTheConfigAsksForThemPass() {
    qwen();
    assertThat(headers.names()).hasSize(3 + 2 * 8 + 3 + 1 + 4 * 3);
    assertThat(check(QWEN)).isEmpty();
  }

  @Test
  void biasesAreExpectedWhereTheConfigAsksForThem() {
    qwen();
    String biased = QWEN.replace("\"num_experts\"", "\"attention_bias\": true, \"num_experts\"");
    assertThat(check(biased))
        .hasSize(8)
        .contains("ERROR 'model.layers.0.self_attn.k_proj.bias': is missing; [4] is expected")
        .contains("ERROR 'model.layers.1.self_attn.o_proj.bias': is missing; [6] is expected");
    for (int layer = 0; layer < 2; layer++) {
      String attention = "model.layers." + layer + ".self_attn.";
      headers
          .add(attention + "q_proj.bias", 8)
          .add(attention + "k_proj.bias", 4)
          .add(attention + "v_proj.bias", 4)
          .add(attention + "o_proj.bias", 6);
    }
    assertThat(check(biased)).isEmpty();
    assertThat(check(QWEN))
        .hasSize(8)
        .allMatch(f -> f.startsWith("WARNING") && f.endsWith("the config has no use for it"));
  }

  @Test
  void aTiedHeadNeedNotBeStored() {
    qwen();
    headers.remove("lm_head.weight");
    assertThat(check(QWEN))
        .containsExactly("ERROR 'lm_head.weight': is missing; [10,6] is expected");
    assertThat(
            check(
                QWEN.replace("\"num_experts\"", "\"tie_word_embeddings\": true, \"num_experts\"")))
        .isEmpty();
  }

  @Test
  void aShapeIsHeldAgainstItsRole() {
    qwen();
    headers
        .add("model.layers.1.mlp.gate.weight", 5, 6)
        .add("model.layers.1.mlp.experts.2.down_proj.weight", 3, 6)
        .add("model.layers.0.self_attn.q_norm.weight", 8);
    assertThat(check(QWEN))
        .containsExactly(
            "ERROR weights, 'model.layers.0.self_attn.q_norm.weight': shape is [8], the config asks for [4]",
            "ERROR weights, 'model.layers.1.mlp.gate.weight': shape is [5,6], the config asks for [4,6]",
            "ERROR weights, 'model.layers.1.mlp.experts.2.down_proj.weight': shape is [3,6], the config asks for [6,3]");
  }

  @Test
  void aNormOverTheWholeProjectionHasItsWidth() {
    String olmoe =
        """
        {"model_type": "olmoe", "num_hidden_layers": 1, "hidden_size": 6, "vocab_size": 10,
         "intermediate_size": 3, "num_attention_heads": 2, "num_key_value_heads": 1,
         "head_dim": 4, "num_experts": 1, "num_experts_per_tok": 1}
        """;
    headers.outside().attention(0, 8, 4).add("model.layers.0.mlp.gate.weight", 1, 6).expert(0, 0);
    headers
        .add("model.layers.0.self_attn.q_norm.weight", 8)
        .add("model.layers.0.self_attn.k_norm.weight", 4);
    assertThat(check(olmoe)).isEmpty();
  }

  private static final String GRANITE =
      """
      {"model_type": "granitemoe", "num_hidden_layers": 1, "hidden_size": 6, "vocab_size": 10,
       "intermediate_size": 3, "num_attention_heads": 2, "num_key_value_heads": 1,
       "head_dim": 4, "num_local_experts": 5, "num_experts_per_tok": 2}
      """;

  @Test
  void stackedExpertsAreTwoTensorsInALayer() {
    String block = "model.layers.0.block_sparse_moe.";
    headers
        .outside()
        .attention(0, 8, 4)
        .add(block + "router.layer.weight", 5, 6)
        .add(block + "input_linear.weight", 5, 6, 6)
        .add(block + "output_linear.weight", 5, 6, 3);
    assertThat(check(GRANITE)).isEmpty();

    headers.remove(block + "output_linear.weight").add(block + "input_linear.weight", 4, 6, 6);
    assertThat(check(GRANITE))
        .containsExactlyInAnyOrder(
            "ERROR weights, 'model.layers.0.block_sparse_moe.input_linear.weight': shape is [4,6,6], the config asks for [5,6,6]",
            "ERROR 'model.layers.0.block_sparse_moe.output_linear.weight': is missing; [5,6,3] is expected");
  }

  @Test
  void unknownTensorsBesideStackedExpertsStandInTheWay() {
    String block = "model.layers.0.block_sparse_moe.";
    headers
        .outside()
        .attention(0, 8, 4)
        .add(block + "router.layer.weight", 5, 6)
        .add(block + "input_linear.weight", 5, 6, 6)
        .add(block + "output_linear.weight", 5, 6, 3)
        .add(block + "input_linear.scale", 5, 6);
    assertThat(check(GRANITE))
        .containsExactly(
            "ERROR weights, 'model.layers.0.block_sparse_moe.input_linear.scale': is not known, but lies in the mixture-of-experts block of layer 0");
  }

  @Test
  void aSelectionBiasIsAListOrARow() {
    String ernie =
        """
        {"model_type": "ernie4_5_moe", "num_hidden_layers": 1, "hidden_size": 6, "vocab_size": 10,
         "intermediate_size": 3, "moe_intermediate_size": 3, "num_attention_heads": 2,
         "num_key_value_heads": 1, "head_dim": 4, "moe_num_experts": 1, "moe_k": 1,
         "moe_layer_start_index": 0, "moe_num_shared_experts": 0, "tie_word_embeddings": false}
        """;
    String bias = "model.layers.0.mlp.moe_statics.e_score_correction_bias";
    headers.outside().attention(0, 8, 4).add("model.layers.0.mlp.gate.weight", 1, 6).expert(0, 0);
    assertThat(check(ernie))
        .containsExactly("ERROR '%s': is missing; [1] is expected".formatted(bias));
    headers.add(bias, 1);
    assertThat(check(ernie)).isEmpty();
    headers.add(bias, 1, 1);
    assertThat(check(ernie)).isEmpty();
    headers.add(bias, 2, 1);
    assertThat(check(ernie))
        .containsExactly(
            "ERROR weights, '%s': shape is [2,1], the config asks for [1]".formatted(bias));
  }

  @Test
  void expertsAreCountedPerLayerAndRole() {
    qwen();
    headers
        .remove("model.layers.1.mlp.experts.0.up_proj.weight")
        .remove("model.layers.1.mlp.experts.2.up_proj.weight")
        .remove("model.layers.1.mlp.experts.3.up_proj.weight")
        .expert(1, 4)
        .expert(1, 5)
        .expert(1, 6)
        .expert(0, 3)
        .expert(2, 0);
    assertThat(check(QWEN))
        .containsExactly(
            "ERROR layer 1: expertUp of experts 0, 2, 3 is missing ('model.layers.1.mlp.experts.0.up_proj.weight')",
            "ERROR layer 0: expert 3 stored, the config counts none there",
            "ERROR layer 1: experts 4–6 stored, the config counts 4 there",
            "ERROR layer 2: expert 0 stored, the config counts none there");
  }

  @Test
  void whatIsUnknownIsAnErrorOnlyAmongExperts() {
    qwen();
    headers
        .add("model.layers.1.mlp.experts.0.gate_proj.weight_scale_inv", 1, 1)
        .add("model.layers.1.mlp.gate.e_score_correction_bias", 4)
        .add("model.layers.1.mlp.experts.00.gate_proj.weight", 3, 6)
        .add("model.layers.1.self_attn.rotary_emb.inv_freq", 2)
        .add("model.layers.10.mlp.shared.weight", 2);
    assertThat(check(QWEN))
        .containsExactly(
            "ERROR weights, 'model.layers.1.mlp.experts.0.gate_proj.weight_scale_inv': is not known, but lies in the mixture-of-experts block of layer 1",
            "ERROR weights, 'model.layers.1.mlp.gate.e_score_correction_bias': is not known, but lies in the mixture-of-experts block of layer 1",
            "ERROR weights, 'model.layers.1.mlp.experts.00.gate_proj.weight': is not known, but lies in the mixture-of-experts block of layer 1",
            "WARNING weights, 'model.layers.1.self_attn.rotary_emb.inv_freq': is not known to this family and left as it is",
            "WARNING weights, 'model.layers.10.mlp.shared.weight': is not known to this family and left as it is");
  }

  @Test
  void layersThatPredictFurtherTokensAreKnownWhereTheConfigCountsThem() {
    qwen();
    headers
        .add("mtp.fc.weight", 6, 12)
        .add("mtp.layers.0.mlp.experts.0.up_proj.weight", 3, 6)
        .expert(2, 0)
        .expert(3, 0);
    assertThat(check(QWEN.replaceFirst("\\{", "{\"num_nextn_predict_layers\": 1, ")))
        .containsExactly(
            "WARNING weights, 'model.layers.2.mlp.experts.0.down_proj.weight': and 4 further tensors are of layers that predict further tokens: they are not run, and go when experts do",
            "ERROR layer 3: expert 0 stored, the config counts none there");
  }

  @Test
  void aRouterThatTheConfigDoesNotCountIsAnError() {
    qwen();
    headers.add("model.layers.0.mlp.gate.weight", 4, 6).add("model.layers.1.mlp.gate.bias", 4);
    assertThat(check(QWEN))
        .containsExactly(
            "ERROR weights, 'model.layers.0.mlp.gate.weight': shape is [4,6]; there is no router of that shape here",
            "WARNING weights, 'model.layers.1.mlp.gate.bias': is stored, but the family's router has no bias");
  }

  @Test
  void expertsOfSeveralElementTypesAreNoted() {
    qwen();
    headers.type("model.layers.1.mlp.experts.1.up_proj.weight", DType.F32);
    assertThat(check(QWEN))
        .containsExactly(
            "WARNING routed experts: element types differ, tensors by type: {BF16=11, F32=1}");
  }

  @Test
  void hostileNamesDoNotReachTheTerminal() {
    qwen();
    headers.add("\u001b[2J" + "x".repeat(1000), 1);
    assertThat(check(QWEN))
        .singleElement()
        .asString()
        .startsWith("WARNING weights, '\\u001b[2Jxxx")
        .hasSizeLessThan(400);
  }

  private void qwen() {
    headers.outside();
    for (int layer = 0; layer < 2; layer++) {
      headers
          .attention(layer, 8, 4)
          .add("model.layers." + layer + ".self_attn.q_norm.weight", 4)
          .add("model.layers." + layer + ".self_attn.k_norm.weight", 4);
    }
    headers
        .add("model.layers.0.mlp.gate_proj.weight", 7, 6)
        .add("model.layers.0.mlp.up_proj.weight", 7, 6)
        .add("model.layers.0.mlp.down_proj.weight", 6, 7)
        .add("model.layers.1.mlp.gate.weight", 4, 6);
    for (int expert = 0; expert < 4; expert++) {
      headers.expert(1, expert);
    }
  }

  @Test
  void scalesBelongToTheirWeights() {
    qwen();
    String fp8 = fp8(QWEN);
    String down = "model.layers.1.mlp.experts.2.down_proj.weight";
    headers.type(down, DType.F8_E4M3);
    assertThat(check(fp8))
        .singleElement(STRING)
        .startsWith("ERROR '" + down + "': weights: tensor " + down + ": has no scales beside it");
    headers.add(down + "_scale_inv", DType.F32, 3, 2);
    assertThat(check(fp8)).isEmpty();
    headers.add(down + "_scale_inv", DType.F32, 2, 3);
    assertThat(check(fp8))
        .singleElement(STRING)
        .contains("scales of shape [2,3] are neither one, nor one per row, nor one per block");
    headers.type(down, DType.BF16);
    assertThat(check(fp8))
        .containsExactly(
            "WARNING weights, '%s_scale_inv': is stored, but the config has no use for it"
                .formatted(down));
    assertThat(check(QWEN))
        .containsExactly(
            "ERROR weights, '%s_scale_inv': is not known, but lies in the mixture-of-experts block of layer 1"
                .formatted(down));
  }

  @Test
  void aQuantisedRouterIsRefused() {
    qwen();
    headers
        .add("model.layers.1.mlp.gate.weight", DType.F8_E4M3, 4, 6)
        .add("model.layers.1.mlp.gate.weight_scale_inv", DType.F32, 2, 3);
    assertThat(check(fp8(QWEN)))
        .containsExactly(
            "ERROR weights, 'model.layers.1.mlp.gate.weight': is F8_E4M3, but routers are only supported in plain element types");
  }

  @Test
  void anUnknownTypeIsToldWhatItLooksLike() {
    qwen();
    headers.add("visual.patch.weight", 3);
    ModelConfig unknown = ModelConfig.parse("config.json", QWEN.replace("qwen3_moe", "qwen9"));
    assertThatThrownBy(() -> FamilyCatalog.builtIn().resolve(unknown, headers.store))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("model type 'qwen9' is not known, but 35 of its 36 tensor names are")
        .hasMessageContaining("qwen3_moe")
        .hasMessageContaining("name that one with --family; known: ");
    HeaderStore foreign = new HeaderStore().add("h.0.w", 1).add("model.norm.weight", 1);
    assertThatThrownBy(() -> FamilyCatalog.builtIn().resolve(unknown, foreign))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith("config.json: model type 'qwen9' is not known\n  known: ");
  }

  @Test
  void theOfferNamesTheFieldsOfTheConfigThatAgreeAndThatDiffer() {
    qwen();
    String config =
        QWEN.replace("qwen3_moe", "qwen9")
            .replace(
                "\"num_experts\"", "\"vision_depth\": 3, \"use_cache\": true, \"num_experts\"");
    assertThatThrownBy(() -> resolve(config))
        .hasMessageContaining(
            "\n  - qwen3_moe: config.json states 11 of the 19 fields that qwen3_moe reads (not ")
        .hasMessageContaining("rms_norm_eps")
        .hasMessageContaining("), and vision_depth, which it does not read\n");
    assertThatThrownBy(() ->
            resolve(config.replace("\"num_experts\"", "\"hidden_act\": \"gelu\", \"num_experts\"")))
        .hasMessageContaining(
            "; it would be refused: experts with activation 'gelu' are not supported\n");
  }

  private void resolve(String config) {
    FamilyCatalog.builtIn().resolve(ModelConfig.parse("config.json", config), headers.store);
  }

  @Test
  void whatIsNotKnownInALayerStopsWhereTheFamilyIsAssumed() {
    qwen();
    headers
        .add("model.layers.0.self_attn.gate_proj.weight", 3)
        .add("model.layers.7.extra.weight", 3)
        .add("visual.patch.weight", 3);
    FamilyCatalog families = FamilyCatalog.builtIn();
    ModelConfig unknown = ModelConfig.parse("config.json", QWEN.replace("qwen3_moe", "qwen9"));
    Architecture assumed =
        families.assuming(families.ofModelType("qwen3_moe").orElseThrow()).resolve(unknown);

    assertThat(check(QWEN))
        .hasSize(3)
        .allMatch(f -> f.startsWith("WARNING") && f.endsWith("left as it is"));
    assertThat(check(assumed))
        .contains(
            "ERROR weights, 'model.layers.0.self_attn.gate_proj.weight': is not known to the family qwen3_moe, which is only assumed: what it does in layer 0 is not known")
        .anyMatch(f -> f.startsWith("ERROR weights, 'model.layers.7.extra.weight'"))
        .contains(
            "WARNING weights, 'visual.patch.weight': is not known to this family and left as it is");
  }

  @Test
  void whatIsNotKnownOfAnExpertStopsInDenseLayersToo() {
    qwen();
    headers.add("model.layers.0.mlp.experts.1.scaler.weight", 3);
    assertThat(check(QWEN))
        .containsExactly(
            "ERROR weights, 'model.layers.0.mlp.experts.1.scaler.weight': is not known, but is of an expert, and layer 0 has none");
  }

  private static String fp8(String config) {
    return config.replace(
        "\"num_experts\"",
        "\"quantization_config\": {\"quant_method\": \"fp8\", \"weight_block_size\": [2, 2]}, \"num_experts\"");
  }

  private List<String> check(String config) {
    return check(FamilyCatalog.builtIn().resolve(ModelConfig.parse("config.json", config)));
  }

  private List<String> check(Architecture architecture) {
    return CheckpointStructure.check(architecture, headers.store).stream()
        .map(finding -> finding.severity() + " " + finding)
        .toList();
  }

  /** The tensors; hidden size 6, vocabulary 10, expert width 3. */
  private static final class Headers {
    private final HeaderStore store = new HeaderStore();

    Headers add(String name, long... dims) {
      store.add(name, dims);
      return this;
    }

    Headers add(String name, DType type, long... dims) {
      store.add(name, type, dims);
      return this;
    }

    Headers remove(String name) {
      store.remove(name);
      return this;
    }

    void type(String name, DType type) {
      store.add(name, type, store.info(name).shape().toArray());
    }

    SequencedSet<String> names() {
      return store.names();
    }

    Headers outside() {
      return add("model.embed_tokens.weight", 10, 6)
          .add("model.norm.weight", 6)
          .add("lm_head.weight", 10, 6);
    }

    Headers attention(int layer, int query, int keyValue) {
      String prefix = "model.layers." + layer + ".";
      return add(prefix + "input_layernorm.weight", 6)
          .add(prefix + "post_attention_layernorm.weight", 6)
          .add(prefix + "self_attn.q_proj.weight", query, 6)
          .add(prefix + "self_attn.k_proj.weight", keyValue, 6)
          .add(prefix + "self_attn.v_proj.weight", keyValue, 6)
          .add(prefix + "self_attn.o_proj.weight", 6, query);
    }

    Headers expert(int layer, int expert) {
      String prefix = "model.layers.%d.mlp.experts.%d.".formatted(layer, expert);
      return add(prefix + "gate_proj.weight", 3, 6)
          .add(prefix + "up_proj.weight", 3, 6)
          .add(prefix + "down_proj.weight", 6, 3);
    }
  }
}
