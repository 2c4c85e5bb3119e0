package io.moetool.kernels;

import io.moetool.formats.BadInputException;
import io.moetool.formats.DType;
import io.moetool.formats.Shape;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorView;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Eight bit weights with one scale per block, as in DeepSeek-V3's and others' FP8 checkpoints:
 * value = element · scale of its block, multiplied in float32. Files call the scales {@code
 * weight_scale_inv}; they are multipliers all the same. Blocks at the lower and right edge may be
 * partial.
 *
 * @param rows rows of a block, usually 128
 * @param columns columns of a block, usually 128
 */
public record BlockScales(int rows, int columns) {
  public BlockScales {
    if (rows < 1 || columns < 1) {
      throw new IllegalArgumentException("blocks of [%d,%d]".formatted(rows, columns));
    }
  }

  /**
   * Decodes a matrix.
   *
   * @param weight F8_E4M3 or F8_E5M2, [out, in]
   * @param scales a float type, or U8 exponents meaning 2^(b - 127), [⌈out / rows⌉, ⌈in / columns⌉]
   * @param out receives the values, [out, in]
   * @throws BadInputException if types or shapes of the two tensors do not belong together
   */
  public void decode(TensorView weight, TensorView scales, FloatMatrix out) {
    checkTypes(weight, scales);
    if (out.rows() != weight.shape().dim(0) || out.columns() != weight.shape().dim(1)) {
      throw new IllegalArgumentException("%s does not fit %s".formatted(weight.info(), out));
    }
    float[] elements = Float8.values(weight.dtype());
    byte[] stored = new byte[out.columns()];
    float[] values = new float[out.columns()];
    try (Arena arena = Arena.ofConfined()) {
      FloatMatrix factors = ElementDecoder.decode(arena, asFloats(scales));
      for (int row = 0; row < out.rows(); row++) {
        MemorySegment.copy(
            weight.bytes(), Layouts.BYTE, (long) row * stored.length, stored, 0, stored.length);
        scaleRow(stored, elements, factors.rowToArray(row / rows), values);
        out.setRow(row, values);
      }
    }
  }

  private void scaleRow(byte[] stored, float[] elements, float[] factors, float[] values) {
    for (int block = 0; block < factors.length; block++) {
      float factor = factors[block];
      int end = (int) Math.min(stored.length, (block + 1L) * columns);
      for (int column = block * columns; column < end; column++) {
        values[column] = elements[stored[column] & 0xff] * factor;
      }
    }
  }

  private void checkTypes(TensorView weight, TensorView scales) {
    boolean eightBits = weight.dtype() == DType.F8_E4M3 || weight.dtype() == DType.F8_E5M2;
    if (!eightBits || weight.shape().rank() != 2) {
      throw new BadInputException(
          "tensor " + weight.name(),
          "%s%s is not an eight bit matrix that scales belong to"
              .formatted(weight.dtype(), weight.shape()),
          "Expected F8_E4M3 or F8_E5M2 of rank 2; check quantization_config in config.json.");
    }
    Shape expected =
        new Shape(
            List.of(
                Math.ceilDiv(weight.shape().dim(0), (long) rows),
                Math.ceilDiv(weight.shape().dim(1), (long) columns)));
    if (!scales.shape().equals(expected)) {
      throw new BadInputException(
          "tensor " + scales.name(),
          "scales have shape %s, blocks of [%d,%d] over %s%s need %s"
              .formatted(scales.shape(), rows, columns, weight.name(), weight.shape(), expected),
          "Check weight_block_size under quantization_config in config.json.");
    }
  }

  private static TensorView asFloats(TensorView scales) {
    return scales.dtype() == DType.U8
        ? new TensorView(
            new TensorInfo(scales.name(), DType.F8_E8M0, scales.shape()), scales.bytes())
        : scales;
  }
}
