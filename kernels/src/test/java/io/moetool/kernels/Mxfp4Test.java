package io.moetool.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class Mxfp4Test {
  /** Sixteen bytes whose lower halves count up and whose upper halves count down. */
  private static byte[] countingBlock() {
    byte[] block = new byte[16];
    for (int i = 0; i < 16; i++) {
      block[i] = (byte) (i | ((15 - i) << 4));
    }
    return block;
  }

  @Test
  void everyCodeHasItsValueAndTheLowerHalfComesFirst() {
    FloatMatrix out = Rows.zeros(1, 32);
    Mxfp4.decode(
        MemorySegment.ofArray(countingBlock()), MemorySegment.ofArray(new byte[] {127}), out);
    float[] codes = {0, .5f, 1, 1.5f, 2, 3, 4, 6, -0f, -.5f, -1, -1.5f, -2, -3, -4, -6};
    for (int i = 0; i < 16; i++) {
      assertThat(out.get(0, 2 * i)).isEqualTo(codes[i]);
      assertThat(out.get(0, 2 * i + 1)).isEqualTo(codes[15 - i]);
    }
  }

  @Test
  void eachBlockOf32HasItsOwnPowerOfTwo() {
    byte[] blocks = new byte[64];
    Arrays.fill(blocks, (byte) 0x22);
    FloatMatrix out = Rows.zeros(2, 64);
    Mxfp4.decode(
        MemorySegment.ofArray(blocks),
        MemorySegment.ofArray(new byte[] {127, 126, (byte) 137, 0}),
        out);
    assertThat(out.get(0, 0)).isEqualTo(1);
    assertThat(out.get(0, 31)).isEqualTo(1);
    assertThat(out.get(0, 32)).isEqualTo(.5f);
    assertThat(out.get(1, 31)).isEqualTo(1024);
    assertThat(out.get(1, 63)).isEqualTo(0x1p-127f);
  }

  @Test
  void scaleOfAllOnesIsNaN() {
    FloatMatrix out = Rows.zeros(1, 32);
    Mxfp4.decode(
        MemorySegment.ofArray(countingBlock()), MemorySegment.ofArray(new byte[] {-1}), out);
    assertThat(out.get(0, 5)).isNaN();
  }

  @Test
  void sizesThatDoNotFitAreRefused() {
    assertThatThrownBy(() ->
            Mxfp4.decode(
                MemorySegment.ofArray(new byte[16]),
                MemorySegment.ofArray(new byte[2]),
                Rows.zeros(1, 32)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("16 bytes of elements and 2 scales do not make float32[1,32]");
  }
}
