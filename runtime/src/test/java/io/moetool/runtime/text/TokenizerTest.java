package io.moetool.runtime.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moetool.formats.BadInputException;
import io.moetool.formats.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class TokenizerTest {
  private static final Path MODEL = Path.of("../examples/tinymoe-6d");
  private static final Path EXPECTED =
      Path.of("src/test/resources/golden/tinymoe-6d/expected.json");

  @Test
  void idsEqualTheReferenceTokenizers() {
    try (Tokenizer tokenizer = Tokenizer.open(MODEL)) {
      for (JsonNode encoding : Json.readObject(EXPECTED).get("encodings")) {
        assertThat(tokenizer.encode(encoding.get("text").stringValue()))
            .as(encoding.get("text").stringValue())
            .containsExactly(ids(encoding.get("ids")));
      }
    }
  }

  @Test
  void longTextsAreNotCut() {
    try (Tokenizer tokenizer = Tokenizer.open(MODEL)) {
      assertThat(tokenizer.encode("word ".repeat(3000)).length).isGreaterThan(3000);
    }
  }

  @Test
  void aMissingTokenizerIsNamed(@TempDir Path folder) {
    assertThatThrownBy(() -> Tokenizer.open(folder))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("tokenizer.json")
        .hasMessageContaining("\"tokens\"");
  }

  @Test
  void aBrokenTokenizerIsBadInput(@TempDir Path folder) throws IOException {
    Files.writeString(folder.resolve("tokenizer.json"), "{\"model\": 3}");
    assertThatThrownBy(() -> Tokenizer.open(folder))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("cannot be read as a tokenizer");
  }

  private static int[] ids(JsonNode array) {
    int[] ids = new int[array.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = array.get(i).intValue();
    }
    return ids;
  }
}
