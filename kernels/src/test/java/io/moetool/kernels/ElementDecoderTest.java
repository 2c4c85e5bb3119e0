package io.moetool.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moetool.formats.BadInputException;
import io.moetool.formats.DType;
import io.moetool.formats.Shape;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorView;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class ElementDecoderTest {
  private static MemorySegment allBytes() {
    byte[] bytes = new byte[256];
    for (int bits = 0; bits < 256; bits++) {
      bytes[bits] = (byte) bits;
    }
    return MemorySegment.ofArray(bytes);
  }

  private static float[] decodedBytes(DType dtype) {
    float[] values = new float[256];
    ElementDecoder.decode(dtype, allBytes(), MemorySegment.ofArray(values));
    return values;
  }

  @Test
  void everyE4m3PatternHasItsValue() {
    float[] values = decodedBytes(DType.F8_E4M3);
    for (int bits = 0; bits < 256; bits++) {
      int exponent = (bits >> 3) & 15;
      int fraction = bits & 7;
      double sign = bits < 128 ? 1 : -1;
      if (exponent == 15 && fraction == 7) {
        assertThat(values[bits]).isNaN();
      } else if (exponent == 0) {
        assertThat(values[bits]).isEqualTo((float) (sign * fraction / 8 * Math.pow(2, -6)));
      } else {
        assertThat(values[bits])
            .isEqualTo((float) (sign * (1 + fraction / 8.0) * Math.pow(2, exponent - 7)));
      }
    }
    assertThat(values[0x7e]).isEqualTo(448);
    assertThat(values[0x01]).isEqualTo(0x1p-9f);
    assertThat(values[0x38]).isEqualTo(1);
  }

  @Test
  void everyE5m2PatternHasItsValue() {
    float[] values = decodedBytes(DType.F8_E5M2);
    for (int bits = 0; bits < 256; bits++) {
      int exponent = (bits >> 2) & 31;
      int fraction = bits & 3;
      double sign = bits < 128 ? 1 : -1;
      if (exponent == 31 && fraction != 0) {
        assertThat(values[bits]).isNaN();
      } else if (exponent == 31) {
        assertThat(values[bits]).isEqualTo((float) (sign * Double.POSITIVE_INFINITY));
      } else if (exponent == 0) {
        assertThat(values[bits]).isEqualTo((float) (sign * fraction / 4 * Math.pow(2, -14)));
      } else {
        assertThat(values[bits])
            .isEqualTo((float) (sign * (1 + fraction / 4.0) * Math.pow(2, exponent - 15)));
      }
    }
    assertThat(values[0x7b]).isEqualTo(57344);
  }

  @Test
  void everyE8m0PatternIsAPowerOfTwo() {
    float[] values = decodedBytes(DType.F8_E8M0);
    for (int bits = 0; bits < 255; bits++) {
      assertThat(values[bits]).isEqualTo((float) Math.pow(2, bits - 127));
    }
    assertThat(values[0]).isEqualTo(0x1p-127f).isPositive();
    assertThat(values[255]).isNaN();
  }

  @Test
  void halfPrecisionTypesGoThroughTheKernels() {
    byte[] one = {0x00, 0x3c, 0x00, (byte) 0xc0};
    float[] values = new float[2];
    ElementDecoder.decode(DType.F16, MemorySegment.ofArray(one), MemorySegment.ofArray(values));
    assertThat(values).containsExactly(1, -2);
    ElementDecoder.decode(DType.BF16, MemorySegment.ofArray(one), MemorySegment.ofArray(values));
    assertThat(values).containsExactly(Float.intBitsToFloat(0x3c000000), -2);
  }

  @Test
  void singleAndDoublePrecisionAreLittleEndian() {
    ByteBuffer buffer = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
    buffer.putDouble(0.1).putDouble(1e300).putFloat(0.1f).putFloat(-3e38f);
    MemorySegment stored = MemorySegment.ofArray(buffer.array());
    float[] values = new float[2];
    ElementDecoder.decode(DType.F64, stored.asSlice(0, 16), MemorySegment.ofArray(values));
    assertThat(values).containsExactly(0.1f, Float.POSITIVE_INFINITY);
    ElementDecoder.decode(DType.F32, stored.asSlice(16, 8), MemorySegment.ofArray(values));
    assertThat(values).containsExactly(0.1f, -3e38f);
  }

  @Test
  void largeTensorsAreDecodedPieceByPiece() {
    long count = (1 << 20) + 3;
    MemorySegment stored = Arena.ofAuto().allocate(2 * count);
    stored.set(Layouts.STORED_16, 2 * (count - 1), (short) 0x4040);
    stored.set(Layouts.STORED_16, 2L << 20, (short) 0x3f80);
    MemorySegment out = Arena.ofAuto().allocate(4 * count);
    ElementDecoder.decode(DType.BF16, stored, out);
    assertThat(out.getAtIndex(Layouts.FLOAT, count - 1)).isEqualTo(3);
    assertThat(out.getAtIndex(Layouts.FLOAT, 1 << 20)).isEqualTo(1);
    assertThat(RowNorms.sumOfSquares(out)).isEqualTo(10);
  }

  @Test
  void leadingAxesBecomeRows() {
    byte[] bytes = new byte[12];
    bytes[11] = 0x38;
    assertThat(decode(bytes, Shape.of(2, 3, 2)).toString()).isEqualTo("float32[6,2]");
    assertThat(decode(bytes, Shape.of(2, 3, 2)).get(5, 1)).isEqualTo(1);
    assertThat(decode(bytes, Shape.of(12)).toString()).isEqualTo("float32[1,12]");
    assertThat(decode(new byte[1], Shape.of()).toString()).isEqualTo("float32[1,1]");
    assertThat(ElementDecoder.toArray(view(DType.F8_E4M3, bytes, Shape.of(12)))[11]).isEqualTo(1);
  }

  private static FloatMatrix decode(byte[] bytes, Shape shape) {
    return ElementDecoder.decode(Arena.ofAuto(), view(DType.F8_E4M3, bytes, shape));
  }

  private static TensorView view(DType dtype, byte[] bytes, Shape shape) {
    return new TensorView(new TensorInfo("w", dtype, shape), MemorySegment.ofArray(bytes));
  }

  @Test
  void typesThatAreNoFloatsAreTheInputsFault() {
    TensorView integers = view(DType.I8, new byte[4], Shape.of(2, 2));
    assertThatThrownBy(() -> ElementDecoder.decode(Arena.ofAuto(), integers))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            "tensor w: elements of type I8 are not floating point numbers moetool can decode\n"
                + "  Supported are [F8_E5M2, F8_E4M3, F8_E8M0, F16, BF16, F32, F64]; convert the"
                + " checkpoint to one of them, for instance BF16.");
    assertThat(ElementDecoder.supports(DType.F4)).isFalse();
  }

  @Test
  void shapesBeyondIntAreTheInputsFault() {
    TensorView wide = view(DType.BF16, new byte[0], Shape.of(0, 1L << 40));
    assertThatThrownBy(() -> ElementDecoder.decode(Arena.ofAuto(), wide))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("[0,1099511627776] has more than 2^31 - 1 rows or columns");
  }

  @Test
  void sizesThatDoNotFitAreRefused() {
    assertThatThrownBy(() ->
            ElementDecoder.decode(DType.F16, MemorySegment.ofArray(new byte[5]), Rows.of(1, 2)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("5 bytes of F16 do not fill 8 bytes of float32");
  }
}
