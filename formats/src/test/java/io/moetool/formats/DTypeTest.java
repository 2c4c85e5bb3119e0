package io.moetool.formats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Comparator;
import org.junit.jupiter.api.Test;

class DTypeTest {
  @Test
  void threeElementsOfTwoBytesTakeSix() {
    assertThat(DType.BF16.byteSize(3)).isEqualTo(6);
  }

  @Test
  void packedElementsShareBytes() {
    assertThat(DType.F4.byteSize(6)).isEqualTo(3);
    assertThat(DType.F6_E2M3.byteSize(4)).isEqualTo(3);
  }

  @Test
  void packedElementsMustEndOnAByte() {
    assertThatThrownBy(() -> DType.F4.byteSize(3))
        .isInstanceOf(ArithmeticException.class)
        .hasMessage("3 elements of F4 do not end on a byte");
  }

  @Test
  void aSizeThatDoesNotFitALongIsRefused() {
    // 2^60 elements of 64 bits are 2^66 bits.
    assertThatThrownBy(() -> DType.F64.byteSize(1L << 60)).isInstanceOf(ArithmeticException.class);
  }

  @Test
  void namesAreCaseSensitive() {
    assertThat(DType.named("F8_E4M3")).contains(DType.F8_E4M3);
    assertThat(DType.named("bf16")).isEmpty();
    assertThat(DType.named("")).isEmpty();
  }

  @Test
  void fromF8OnwardsTheOrderIsByWidth() {
    assertThat(Arrays.stream(DType.values()).filter(type -> type.bits() >= 8 && type != DType.BOOL))
        .isSortedAccordingTo(Comparator.comparingInt(DType::bits));
  }
}
