package io.moetool.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moetool.formats.BadInputException;
import io.moetool.formats.DType;
import io.moetool.formats.Shape;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorView;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class BlockScalesTest {
  private static final byte ONE = 0x38;

  private static TensorView weight(int rows, int columns) {
    byte[] bytes = new byte[rows * columns];
    Arrays.fill(bytes, ONE);
    return new TensorView(
        new TensorInfo("w.weight", DType.F8_E4M3, Shape.of(rows, columns)),
        MemorySegment.ofArray(bytes));
  }

  private static TensorView scales(int rows, int columns, float... values) {
    return new TensorView(
        new TensorInfo("w.weight_scale_inv", DType.F32, Shape.of(rows, columns)), Rows.of(values));
  }

  @Test
  void everyElementHasTheScaleOfItsBlockAlsoAtPartialEdges() {
    FloatMatrix out = Rows.zeros(130, 257);
    new BlockScales(128, 128).decode(weight(130, 257), scales(2, 3, 1, 2, 3, 4, 5, 6), out);
    float[][] expected = {{1, 2, 3}, {4, 5, 6}};
    for (int row = 0; row < 130; row++) {
      for (int column = 0; column < 257; column++) {
        assertThat(out.get(row, column)).isEqualTo(expected[row / 128][column / 128]);
      }
    }
  }

  @Test
  void valuesAreMultipliedByTheirScale() {
    byte[] bytes = {0x7e, (byte) 0xb8, 0x01, 0x40};
    TensorView weight =
        new TensorView(
            new TensorInfo("w", DType.F8_E4M3, Shape.of(1, 4)), MemorySegment.ofArray(bytes));
    FloatMatrix out = Rows.zeros(1, 4);
    new BlockScales(1, 2).decode(weight, scales(1, 2, .5f, 3), out);
    assertThat(out.rowToArray(0)).containsExactly(224, -.5f, 3 * 0x1p-9f, 6);
  }

  @Test
  void bareBytesAreExponents() {
    TensorView exponents =
        new TensorView(
            new TensorInfo("w.scale", DType.U8, Shape.of(1, 2)),
            MemorySegment.ofArray(new byte[] {127, (byte) 130}));
    FloatMatrix out = Rows.zeros(1, 3);
    new BlockScales(2, 2).decode(weight(1, 3), exponents, out);
    assertThat(out.rowToArray(0)).containsExactly(1, 1, 8);
  }

  @Test
  void scalesOfAnotherGridAreTheInputsFault() {
    assertThatThrownBy(() ->
            new BlockScales(128, 128).decode(weight(130, 4), scales(1, 1, 1), Rows.zeros(130, 4)))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            "tensor w.weight_scale_inv: scales have shape [1,1], blocks of [128,128] over"
                + " w.weight[130,4] need [2,1]\n"
                + "  Check weight_block_size under quantization_config in config.json.");
  }

  @Test
  void weightsOfOtherTypesAreTheInputsFault() {
    assertThatThrownBy(
            () -> new BlockScales(1, 1).decode(scales(1, 1, 1), scales(1, 1, 1), Rows.zeros(1, 1)))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("F32[1,1] is not an eight bit matrix that scales belong to");
  }
}
