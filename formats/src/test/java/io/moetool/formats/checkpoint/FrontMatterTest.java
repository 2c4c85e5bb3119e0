package io.moetool.formats.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class FrontMatterTest {
  @TempDir Path folder;

  @Test
  void whatHubsReadIsKeptAndWhatWasMeasuredIsNot() {
    FrontMatter front =
        FrontMatter.of(
            """
            ---
            # a comment
            license: other
            license_name: "tongyi: qianwen"
            language:
              - en
              - no   # Norwegian
            base_model: Qwen/Qwen3-30B-A3B-Base
            datasets: [a/b, 'c''d']
            inference: false
            tags:
            - moe
            model-index:
            - name: x
              results: []
            extra_gated_prompt: |
              Say yes.
              license: mit
            ---
            # Qwen
            """);

    assertThat(front.with("tags", List.of("moe", "pruned")).text())
        .isEqualTo(
            """
            ---
            license: other
            license_name: "tongyi: qianwen"
            language:
            - en
            - "no"
            base_model: Qwen/Qwen3-30B-A3B-Base
            datasets:
            - a/b
            - "c'd"
            inference: false
            tags:
            - moe
            - pruned
            ---
            """);
    assertThat(front.leftOut()).containsExactly("model-index", "extra_gated_prompt");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "# no front matter",
        "---\nlicense: mit\n",
        "--- \nlicense: mit\n---\n",
        "\ufeff---\nlicense: mit\n---\n",
        "---\n---\n",
        "---\n&a [*a]\n---\n",
        "---\nlicense: !!python/object:os.system x\n---\n",
        "---\nlicense: &a x\n---\n",
        "---\nlicense: {a: b}\n---\n",
        "---\nlicense: \"a\u0007\"\n---\n",
        "---\nlicense: \"\\ud800\"\n---\n",
        "---\nlicense:\n- - a\n---\n",
        "---\nlicense:\n  - a: b\n---\n",
        "---\n\tlicense: mit\n---\n",
        "---\n: mit\n---\n"
      })
  void whatIsNotUnderstoodIsNotWritten(String readme) {
    assertThat(FrontMatter.of(readme).text()).isEqualTo("---\n---\n");
  }

  static LongStream seeds() {
    return LongStream.rangeClosed(1, Long.getLong("moetool.cases", 200));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void whateverTheSourceSaysTheResultIsReadAsItIsWritten(long seed) {
    String alphabet = "ab:-\n \"'[],{}#&*!|>\\\u00e9\u2028\u0007\tnoyes1.";
    SplittableRandom random = new SplittableRandom(seed);
    StringBuilder text = new StringBuilder("---\n");
    for (int i = 0; i < 200; i++) {
      text.append(
          random.nextInt(8) == 0
              ? List.of("\nlicense: ", "\ntags:\n- ", "\n- ", "a: [b, c]").get(random.nextInt(4))
              : alphabet.charAt(random.nextInt(alphabet.length())));
    }
    FrontMatter front = FrontMatter.of(text + "\n---\n").with("tags", List.of("moe"));

    assertThat(FrontMatter.of(front.text()).text()).isEqualTo(front.text());
    assertThat(front.text().lines()).allMatch(line -> line.matches("---|[\\w-]+:( .*)?|- .*"));
  }

  @Test
  void aCardThatIsALinkToElsewhereIsNotRead() throws IOException {
    Path secret = Files.writeString(folder.resolve("secret"), "---\nlicense: mit\n---\n");
    Path model = Files.createDirectory(folder.resolve("model"));
    assertThat(FrontMatter.ofModel(model).text()).isEqualTo("---\n---\n");
    Files.createSymbolicLink(model.resolve("README.md"), secret);
    assertThat(FrontMatter.ofModel(model).text()).isEqualTo("---\n---\n");
    Files.delete(model.resolve("README.md"));
    Files.write(
        model.resolve("README.md"),
        "---\nlicense: mit\nlanguage: \u00ff\n---\n".getBytes(StandardCharsets.ISO_8859_1));
    assertThat(FrontMatter.ofModel(model).text()).contains("license: mit\n");
  }
}
