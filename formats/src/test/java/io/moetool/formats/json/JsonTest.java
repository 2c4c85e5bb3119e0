package io.moetool.formats.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moetool.formats.BadInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
  record Point(int x, List<Double> path) {}

  @TempDir Path folder;

  @Test
  void whatIsWrittenIsReadBack() {
    Point point = new Point(7, List.of(0.1, 1e-300));
    assertThat(Json.readStrict("text", Json.write(point), Point.class)).isEqualTo(point);
    assertThat(Json.readStrict("text", Json.writeCompact(point), Point.class)).isEqualTo(point);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"x\":1}",
        "{\"x\":1,\"path\":null}",
        "{\"x\":1,\"path\":[],\"y\":2}",
        "{\"x\":1,\"x\":1,\"path\":[]}",
        "{\"x\":1,\"path\":[]} 1",
        "{\"x\":1,\"path\":[],}",
        "{\"x\":1,\"path\":[]",
        ""
      })
  void ourOwnDocumentsAreReadStrictly(String text) {
    assertThatThrownBy(() -> Json.readStrict("plan.json", text, Point.class))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith("plan.json");
  }

  @Test
  void unknownKeysOfOthersSurviveInOrder() {
    assertThat(Json.writeCompact(Json.readObject("config.json", "{\"z\":1,\"a\":{\"q\":[1,2]}}")))
        .isEqualTo("{\"z\":1,\"a\":{\"q\":[1,2]}}");
  }

  @Test
  void doubledKeysOfOthersAreRefusedWithTheirPlace() {
    assertThatThrownBy(() -> Json.readObject("config.json", "{\"a\":1,\n \"\\u0061\":2}"))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith("config.json line 2 column ")
        .hasMessageContaining("\"a\"");
  }

  @Test
  void anotherKindOfDocumentIsRefused() {
    assertThatThrownBy(() -> Json.readObject("config.json", "[1]"))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            "config.json: a JSON object is expected, found ARRAY\n  check that this is the right file");
  }

  @Test
  void anExponentBeyondAllLimitsIsRefused() {
    assertThatThrownBy(() -> Json.readObject("f.json", "{\"a\": 0.099e9999999999998}"))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith("f.json: a number exceeds all limits");
  }

  @Test
  void endlessNestingIsRefused() {
    String text = "{\"a\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}";
    assertThatThrownBy(() -> Json.readObject("config.json", text))
        .isInstanceOf(BadInputException.class);
  }

  @Test
  void aMissingFileIsNamed() {
    Path file = folder.resolve("none.json");
    assertThatThrownBy(() -> Json.readObject(file))
        .isInstanceOf(BadInputException.class)
        .hasMessage(file + ": no such file\n  check the path");
  }

  @Test
  void textThatIsNotUtf8IsRefused() throws IOException {
    Path file = folder.resolve("latin1.json");
    Files.write(file, new byte[] {'{', '"', (byte) 0xe9, '"', ':', '1', '}'});
    assertThatThrownBy(() -> Json.readObject(file))
        .isInstanceOf(BadInputException.class)
        .hasMessage(file + ": not UTF-8 text\n  download or write the file again");
  }

  @Test
  void objectsAreIndentedAndArraysStayOnOneLine() {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("keep", List.of(1, 2));
    document.put("model", Map.of("layers", 6));
    // Blanks inside a line are left to the library.
    assertThat(Json.write(document).replaceAll("(?<=\\S) +", ""))
        .isEqualTo(
            """
            {
              "keep":[1,2],
              "model":{
                "layers":6
              }
            }
            """);
  }
}
