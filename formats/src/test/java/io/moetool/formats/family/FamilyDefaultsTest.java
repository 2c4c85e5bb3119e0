package io.moetool.formats.family;

import static org.assertj.core.api.Assertions.assertThat;

import io.moetool.formats.json.Json;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.node.ObjectNode;

/** What a config does not say is what the reference library's class of the family says then. */
class FamilyDefaultsTest {
  private static final Path GOLDEN = Path.of("../runtime/src/test/resources/golden");
  private static final List<String> ROTATION = List.of("rope_theta", "partial_rotary_factor");

  /**
   * Base and rotated dimensions: half of a head of GLM-4-MoE, a quarter of one of Qwen3-Next, and
   * whole heads, or what the config calls their rotated part, of the others.
   */
  @ParameterizedTest
  @CsvSource({
    "deepseek-v2-lite, 10000, 8",
    "deepseek-v3, 10000, 8",
    "dots1, 10000, 16",
    "ernie4-5-moe, 500000, 16",
    "flex-olmo, 500000, 16",
    "glm4-moe, 10000, 16",
    "glm4-moe-lite, 10000, 4",
    "gpt-oss, 150000, 16",
    "granitemoe, 10000, 16",
    "hunyuan-v1-moe, 10000, 16",
    "llama4, 500000, 16",
    "minimax-m2, 5000000, 16",
    "mixtral, 1000000, 8",
    "olmoe, 10000, 8",
    "phimoe, 1000000, 16",
    "qwen2-moe, 10000, 12",
    "qwen3-moe, 10000, 12",
    "qwen3-next, 10000, 4"
  })
  void rotationsThatTheConfigLeavesOpen(String name, double theta, int rotaryDim) {
    ObjectNode config = Json.readObject(GOLDEN.resolve(name).resolve("config.json"));
    config.remove(ROTATION);
    Architecture architecture =
        FamilyCatalog.builtIn().resolve(ModelConfig.parse("config.json", config.toString()));
    assertThat(architecture.ropes())
        .isNotEmpty()
        .allSatisfy(rope -> {
          assertThat(rope.theta()).isEqualTo(theta);
          assertThat(rope.rotaryDim()).isEqualTo(rotaryDim);
        });
  }
}
