package io.moetool.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AmountsTest {
  @Test
  void bytesArePowersOfAThousand() {
    assertThat(Amounts.bytes(999)).isEqualTo("999 B");
    assertThat(Amounts.bytes(1000)).isEqualTo("1.0 kB");
    assertThat(Amounts.bytes(18_560_640)).isEqualTo("18.6 MB");
    assertThat(Amounts.bytes(144_400_000_000L)).isEqualTo("144 GB");
  }

  @Test
  void roundingUpToAThousandChangesTheUnit() {
    assertThat(Amounts.bytes(999_499)).isEqualTo("999 kB");
    assertThat(Amounts.bytes(999_999)).isEqualTo("1.0 MB");
  }

  @Test
  void countsAreInWords() {
    assertThat(Amounts.count(9_280_320)).isEqualTo("9.3 million");
    assertThat(Amounts.count(30_500_000_000L)).isEqualTo("30.5 billion");
    assertThat(Amounts.count(12)).isEqualTo("12");
  }

  @Test
  void smallSharesHaveADecimal() {
    assertThat(Amounts.percent(0.763)).isEqualTo("76%");
    assertThat(Amounts.percent(0.004)).isEqualTo("0.4%");
    assertThat(Amounts.percent(0)).isEqualTo("0%");
  }
}
