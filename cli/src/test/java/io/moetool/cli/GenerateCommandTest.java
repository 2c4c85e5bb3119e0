package io.moetool.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.moetool.formats.json.Json;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class GenerateCommandTest {
  @TempDir private Path folder;

  /** Checkpoint and export, with and without memory, go on as the reference library does. */
  @Test
  void greedyTextEqualsTheReferenceLibrary() {
    Path export = folder.resolve("onnx");
    assertThat(Run.of("convert", Run.BUNDLED, "--to", "onnx", "-o", export, "-q").code()).isZero();
    JsonNode golden =
        Json.readObject(Golden.model("tinymoe-6d").resolve("generation.json")).get("generations");
    for (JsonNode expected : golden) {
      Run run =
          Run.of(
              "generate",
              Run.BUNDLED,
              "--against",
              export,
              "--prompt",
              expected.get("prompt").stringValue(),
              "--max-new-tokens",
              24,
              "--json");
      assertThat(run.code()).as(run.err()).isZero();
      for (JsonNode named : run.json().get("generations")) {
        JsonNode generation = named.get("generation");
        assertThat(generation.get("tokens")).isEqualTo(expected.get("tokens"));
        assertThat(generation.get("text")).isEqualTo(expected.get("text"));
        assertThat(generation.get("finish").stringValue()).isEqualTo("length");
      }
    }
  }

  @Test
  void theSameSeedDrawsTheSameText() {
    String once = sampled(1);
    assertThat(sampled(1)).isEqualTo(once);
    assertThat(sampled(2)).isNotEqualTo(once);
  }

  private static String sampled(int seed) {
    Object[] command = {
      "generate",
      Run.BUNDLED,
      "--prompt",
      "And the king",
      "--max-new-tokens",
      8,
      "--temperature",
      1,
      "--top-p",
      0.95,
      "--seed",
      seed,
      "--json"
    };
    return Run.of(command)
        .json()
        .get("generations")
        .get(0)
        .get("generation")
        .get("tokens")
        .toString();
  }

  @ParameterizedTest
  @CsvSource({
    "--seed, 1, --seed has no effect without --temperature",
    "--top-p, 0.5, --top-p has no effect without --temperature",
    "--temperature, 0, --temperature must be above 0 and at most 100",
    "--max-new-tokens, 0, --max-new-tokens must be at least 1"
  })
  void optionsWithoutEffectAreWrongUsage(String option, String value, String problem) {
    assertThat(Run.of("generate", Run.BUNDLED, "--prompt", "a", option, value))
        .isEqualTo(new Run(2, "", "moetool: " + problem + "\n  see 'moetool generate --help'\n"));
  }

  @Test
  void aPromptThatFillsTheModelIsRefused() {
    Run run = Run.of("generate", Run.BUNDLED, "--prompt", "word ".repeat(400));
    assertThat(run.code()).isEqualTo(3);
    assertThat(run.err()).contains("leave no room within the model's 256");
  }
}
