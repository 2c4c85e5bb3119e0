package io.moetool.formats.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moetool.formats.BadInputException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelConfigTest {
  private static final String TEXT =
      """
      {
          "num_experts":   64,  "other": [64, {"num_experts": 64}],
        "text_config": {"num_experts": 64, "deep": {"num_experts": 64}},
        "rms_norm_eps": 1e-06, "название": "num_experts", "last": null
      }\
      """;

  @Test
  void onlyTheDigitsOfACountChange() {
    ModelConfig config = ModelConfig.parse("config.json", TEXT);
    assertThat(config.withNumbers(Map.of("num_experts", 8L)))
        .isEqualTo(TEXT.replaceFirst("64", "8"));
  }

  @Test
  void nestedCountsAreFoundByPath() {
    ModelConfig config = ModelConfig.parse("config.json", TEXT);
    String edited = config.withNumbers(Map.of("text_config.deep.num_experts", 1024L));
    assertThat(ModelConfig.parse("again", edited).find("text_config.deep.num_experts"))
        .hasValueSatisfying(value -> assertThat(value.intValue()).isEqualTo(1024));
    assertThat(edited).hasSize(TEXT.length() + 2);
  }

  @Test
  void aListOfOneNumberIsReplacedAndOneOfSeveralRefused() {
    ModelConfig config =
        ModelConfig.parse(
            "config.json", "{\"width\": [ 24,24, 24], \"mixed\": [8, 16], \"deep\": [[8]]}");

    assertThat(config.withNumbers(Map.of("width", 5L)))
        .isEqualTo("{\"width\": [ 5,5, 5], \"mixed\": [8, 16], \"deep\": [[8]]}");
    assertThatThrownBy(() -> config.withNumbers(Map.of("mixed", 5L)))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("mixed holds different numbers, 8 and 16");
    assertThatThrownBy(() -> config.withNumbers(Map.of("deep", 5L)))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("there is no number at deep");
  }

  @Test
  void aPathWithoutANumberIsRefused() {
    ModelConfig config = ModelConfig.parse("config.json", TEXT);
    assertThatThrownBy(() -> config.withNumbers(Map.of("last", 3L)))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith("config.json: there is no number at last");
  }

  @Test
  void nullCountsAsAbsent() {
    assertThat(ModelConfig.parse("config.json", TEXT).find("last")).isEmpty();
  }

  @Test
  void aConfigWithoutModelTypeIsRefused() {
    assertThatThrownBy(() -> ModelConfig.parse("config.json", "{}").modelType())
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("it has no \"model_type\"");
  }

  @Test
  void aMissingConfigIsNamed(@TempDir Path folder) {
    assertThatThrownBy(() -> ModelConfig.read(folder.resolve("config.json")))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("there is no config.json");
  }
}
