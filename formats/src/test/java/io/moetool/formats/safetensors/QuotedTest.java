package io.moetool.formats.safetensors;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class QuotedTest {
  @Test
  void ordinaryNamesStayAsTheyAre() {
    assertThat(Quoted.of("model.layers.0.эксперт")).isEqualTo("'model.layers.0.эксперт'");
  }

  @Test
  void whatSteersATerminalIsSpelledOut() {
    // Escape, right-to-left override, C1 control.
    assertThat(Quoted.of("a\u001b[2J\u202eb\u009b")).isEqualTo("'a\\u001b[2J\\u202eb\\u009b'");
  }

  @Test
  void endlessNamesAreCut() {
    assertThat(Quoted.of("x".repeat(5000)))
        .isEqualTo("'" + "x".repeat(200) + "… (5000 characters)'");
  }
}
