package io.moetool.formats.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moetool.formats.BadInputException;
import io.moetool.formats.quantisation.Awq;
import io.moetool.formats.quantisation.CompressedTensors;
import io.moetool.formats.quantisation.Encoding;
import io.moetool.formats.quantisation.Float8;
import io.moetool.formats.quantisation.Gptq;
import io.moetool.formats.quantisation.Quantisation;
import io.moetool.formats.quantisation.Unquantised;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class QuantisationReaderTest {
  @Test
  void aConfigWithoutTheSectionQuantisesNothing() {
    assertThat(read("{\"quantization_config\": null}")).isEqualTo(new Unquantised());
  }

  @Test
  void methodsAreReadAsTheirToolsWriteThem() {
    assertThat(section("\"quant_method\": \"fp8\", \"weight_block_size\": [128, 64]"))
        .isEqualTo(new Float8(Optional.of(new Encoding.Blocks(128, 64))));
    assertThat(section("\"quant_method\": \"fp8\", \"activation_scheme\": \"static\""))
        .isEqualTo(new Float8(Optional.empty()));
    assertThat(section("\"quant_method\": \"gptq\", \"bits\": 4")).isEqualTo(new Gptq(4));
    assertThat(section("\"quant_method\": \"awq\", \"w_bit\": 4")).isEqualTo(new Awq(4));
    assertThat(
            section(
                "\"quant_method\": \"compressed-tensors\", \"config_groups\": {\"group_0\":"
                    + " {\"weights\": {\"block_structure\": [128, 128]}}}"))
        .isEqualTo(new CompressedTensors(new Float8(Optional.of(new Encoding.Blocks(128, 128)))));
    assertThat(read("{\"text_config\": {\"quantization_config\": {\"quant_method\": \"fp8\"}}}"))
        .isEqualTo(new Float8(Optional.empty()));
  }

  @Test
  void whatCannotBeReadIsRefusedByName() {
    assertThatThrownBy(() -> section("\"quant_method\": \"bitsandbytes\""))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("weights quantised by 'bitsandbytes' are not supported");
    assertThatThrownBy(() -> section("\"quant_method\": \"fp8\", \"weight_block_size\": [0, 128]"))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("block size is [0,128]");
    assertThatThrownBy(() -> section("\"quant_method\": \"gptq\""))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("has no sensible bits");
  }

  @Test
  void plainModulesAreRenamedWhereverTheyAreListed() {
    String config =
        """
        {"quantization_config": {"ignored_layers": ["a.1", "a.2" , "lm_head"],
          "modules_to_not_convert": [  "a.2"  ], "ignore": ["x", 3, "a.1", "a.2", "a.2"]}}\
        """;
    Function<String, Optional<String>> rename =
        name ->
            switch (name) {
              case "a.1" -> Optional.of("a.0");
              case "a.2" -> Optional.empty();
              default -> Optional.of(name);
            };
    assertThat(ModelConfig.parse("config.json", config).withPlainModules(rename).text())
        .isEqualTo(
            """
            {"quantization_config": {"ignored_layers": ["a.0", "lm_head"],
              "modules_to_not_convert": [    ], "ignore": ["x", 3, "a.0"]}}\
            """);
  }

  @Test
  void aConfigWithoutSuchListsStaysAsItIs() {
    String config = "{\"a\": [\"quantization_config\"], \"quantization_config\": {\"ignore\": 3}}";
    assertThat(ModelConfig.parse("c", config).withPlainModules(_ -> Optional.empty()).text())
        .isEqualTo(config);
  }

  private static Quantisation section(String content) {
    return read("{\"quantization_config\": {" + content + "}}");
  }

  private static Quantisation read(String config) {
    return QuantisationReader.read(ModelConfig.parse("config.json", config));
  }
}
