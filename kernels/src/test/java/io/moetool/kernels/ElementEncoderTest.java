package io.moetool.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moetool.formats.DType;
import java.lang.foreign.MemorySegment;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ElementEncoderTest {
  static LongStream seeds() {
    return LongStream.rangeClosed(1, Long.getLong("moetool.cases", 50));
  }

  private static int encoded(DType dtype, float value) {
    MemorySegment stored = MemorySegment.ofArray(new byte[2]);
    ElementEncoder.encode(dtype, Rows.of(value), stored);
    return stored.get(Layouts.STORED_16, 0) & 0xffff;
  }

  @Test
  void everyBf16ValueSurvivesTheRoundTrip() {
    assertRoundTrip(DType.BF16, 0x7f80, 0x0040);
  }

  @Test
  void everyF16ValueSurvivesTheRoundTrip() {
    assertRoundTrip(DType.F16, 0x7c00, 0x0200);
  }

  /** NaN may only have become quiet. */
  private static void assertRoundTrip(DType dtype, int infinity, int quietBit) {
    MemorySegment stored = MemorySegment.ofArray(new byte[2 * 65536]);
    for (int bits = 0; bits < 65536; bits++) {
      stored.set(Layouts.STORED_16, 2L * bits, (short) bits);
    }
    FloatMatrix decoded = Rows.zeros(1, 65536);
    ElementDecoder.decode(dtype, stored, decoded.segment());
    MemorySegment again = MemorySegment.ofArray(new byte[2 * 65536]);
    ElementEncoder.encode(dtype, decoded.segment(), again);
    for (int bits = 0; bits < 65536; bits++) {
      boolean isNaN = (bits & 0x7fff) > infinity;
      assertThat(again.get(Layouts.STORED_16, 2L * bits) & 0xffff)
          .isEqualTo(isNaN ? bits | quietBit : bits);
    }
  }

  @Test
  void tiesGoToTheEvenNeighbour() {
    // BF16 keeps 7 fraction bits: between 1 and 1 + 2^-7 lies 1 + 2^-8.
    assertThat(encoded(DType.BF16, 1 + 0x1p-8f)).isEqualTo(0x3f80);
    assertThat(encoded(DType.BF16, 1 + 0x1p-7f + 0x1p-8f)).isEqualTo(0x3f82);
    assertThat(encoded(DType.BF16, 1 + 0x1p-8f + 0x1p-20f)).isEqualTo(0x3f81);
    // F16 keeps 10.
    assertThat(encoded(DType.F16, 1 + 0x1p-11f)).isEqualTo(0x3c00);
    assertThat(encoded(DType.F16, 1 + 0x1p-10f + 0x1p-11f)).isEqualTo(0x3c02);
    assertThat(encoded(DType.F16, 0x1p-25f)).isZero();
    assertThat(encoded(DType.F16, 0x1.8p-24f)).isEqualTo(2);
  }

  @Test
  void whatIsTooLargeBecomesInfinite() {
    assertThat(encoded(DType.BF16, Float.MAX_VALUE)).isEqualTo(0x7f80);
    assertThat(encoded(DType.BF16, -Float.MAX_VALUE)).isEqualTo(0xff80);
    assertThat(encoded(DType.F16, 65519)).isEqualTo(0x7bff);
    assertThat(encoded(DType.F16, 65520)).isEqualTo(0x7c00);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void noStoredValueIsCloserThanTheOneChosen(long seed) {
    for (float value : Rows.random(seed, 200)) {
      for (DType dtype : new DType[] {DType.BF16, DType.F16}) {
        int bits = encoded(dtype, value);
        double error = Math.abs((double) decoded(dtype, bits) - value);
        assertThat(error).isLessThanOrEqualTo(Math.abs((double) decoded(dtype, bits + 1) - value));
        assertThat(error).isLessThanOrEqualTo(Math.abs((double) decoded(dtype, bits - 1) - value));
      }
    }
  }

  private static float decoded(DType dtype, int bits) {
    MemorySegment stored = MemorySegment.ofArray(new byte[2]);
    stored.set(Layouts.STORED_16, 0, (short) bits);
    float[] value = new float[1];
    ElementDecoder.decode(dtype, stored, MemorySegment.ofArray(value));
    return value[0];
  }

  @Test
  void singlePrecisionIsCopied() {
    MemorySegment stored = MemorySegment.ofArray(new byte[8]);
    ElementEncoder.encode(DType.F32, Rows.of(1.5f, Float.MIN_VALUE), stored);
    float[] values = new float[2];
    ElementDecoder.decode(DType.F32, stored, MemorySegment.ofArray(values));
    assertThat(values).containsExactly(1.5f, Float.MIN_VALUE);
  }

  @Test
  void otherTypesAndSizesAreRefused() {
    MemorySegment stored = MemorySegment.ofArray(new byte[3]);
    assertThatThrownBy(() -> ElementEncoder.encode(DType.F8_E4M3, Rows.of(1), stored))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("cannot encode F8_E4M3");
    assertThatThrownBy(() -> ElementEncoder.encode(DType.BF16, Rows.of(1), stored))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("4 bytes of float32 do not fill 3 bytes of BF16");
  }
}
