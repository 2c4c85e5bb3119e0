package io.moetool.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TableTest {
  @Test
  void wordsAreFlushLeftAndNumbersFlushRight() {
    Table table =
        Table.of("domain", "tokens", "loss").row("prose", 7, "3.48").row("x", 12345, "-0.1");

    assertThat(table.render(" "))
        .isEqualTo(" domain  tokens  loss\n prose        7  3.48\n x        12345  -0.1\n");
  }

  @Test
  void shortRowsEndEarly() {
    assertThat(new Table().row("a", "b").row("c").render("")).isEqualTo("a  b\nc\n");
  }
}
