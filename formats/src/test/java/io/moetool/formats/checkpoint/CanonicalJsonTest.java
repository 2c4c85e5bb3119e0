package io.moetool.formats.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.moetool.formats.json.Json;
import org.junit.jupiter.api.Test;

class CanonicalJsonTest {
  @Test
  void spellingDoesNotMatter() {
    assertThat(canonical("{\"b\": 1e4, \"a\": [true, null, \"\\u0078\"], \"c\":{ }}"))
        .isEqualTo(canonical("{\"a\":[true,null,\"x\"],\"b\":10000.0,\"c\":{}}"))
        .isEqualTo("{\"a\":[true,null,\"x\"],\"b\":1E+4,\"c\":{}}");
  }

  @Test
  void valuesMatterToTheLastDigit() {
    assertThat(canonical("{\"a\":1.0000000000000000000001}"))
        .isEqualTo("{\"a\":1.0000000000000000000001}");
    assertThat(
            canonical("{\"a\":-0.5,\"b\":0.00,\"c\":1e-06,\"d\":123456789012345678901234567890}"))
        .isEqualTo("{\"a\":-0.5,\"b\":0,\"c\":0.000001,\"d\":1.2345678901234567890123456789E+29}");
  }

  @Test
  void textsAndNumbersStayApart() {
    assertThat(canonical("{\"a\":\"1\"}")).isNotEqualTo(canonical("{\"a\":1}"));
    assertThat(canonical("{\"a\":\"}\\\",\"}")).isEqualTo("{\"a\":\"}\\\",\"}");
  }

  @Test
  void whoSavedAConfigDoesNotMatter() {
    assertThat(
            canonical(
                """
                {"transformers_version":"4.51.0","text_config":{"_name_or_path":"/x","k":4}}\
                """))
        .isEqualTo("{\"text_config\":{\"k\":4}}");
  }

  @Test
  void hugeExponentsStayShort() {
    assertThat(canonical("{\"a\":1e999999999}")).isEqualTo("{\"a\":1E+999999999}");
  }

  private static String canonical(String json) {
    return CanonicalJson.of(Json.readObject("config.json", json));
  }
}
