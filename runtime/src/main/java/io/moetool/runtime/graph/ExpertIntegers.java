package io.moetool.runtime.graph;

import io.moetool.formats.BadInputException;
import io.moetool.formats.Shape;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.onnx.OnnxType;
import java.util.Arrays;
import java.util.Locale;

/**
 * Integers that weights of routed experts are stored as. Each block of a row, or each row where
 * blocks do not divide all rows, has one scale: {@code weight = scale * integer}.
 */
public enum ExpertIntegers {
  /** From -128 to 127. */
  INT8(8, OnnxType.INT8),
  /** From -8 to 7, two to a byte, the first in the low bits. */
  INT4(4, OnnxType.INT4);

  private static final int[] BLOCKS = {32, 16};

  private final int bits;
  private final OnnxType type;

  ExpertIntegers(int bits, OnnxType type) {
    this.bits = bits;
    this.type = type;
  }

  /** Name on the command line. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Bits of an integer. */
  public int bits() {
    return bits;
  }

  /** Integers in a byte. */
  public int perByte() {
    return Byte.SIZE / bits;
  }

  /** Least integer; what fused operators, which store no signs, add the opposite of. */
  public int least() {
    return -(1 << (bits - 1));
  }

  /** Greatest integer. */
  public int greatest() {
    return -least() - 1;
  }

  /** The type in graphs of standard operators. */
  OnnxType type() {
    return type;
  }

  /**
   * Columns of a block: 32 or 16, whichever is the first to divide the rows of all projections; 0
   * if a row has one scale.
   *
   * @throws BadInputException if a row does not end on a byte
   */
  int block(Architecture architecture) {
    int hidden = architecture.hidden();
    int width = architecture.moe().expertWidth();
    for (int block : BLOCKS) {
      if (hidden % block == 0 && width % block == 0) {
        return block;
      }
    }
    if (hidden % perByte() != 0 || width % perByte() != 0) {
      throw new BadInputException(
          "the experts",
          "rows of %d and %d weights do not end on a byte in %s".formatted(hidden, width, key()),
          "use --experts int8");
    }
    return 0;
  }

  /** Extents of the scales of weights of this shape, whose last axis is cut into blocks. */
  static Shape scales(Shape weights, int block) {
    int last = weights.rank() - 1;
    return block == 0
        ? Shape.of(Arrays.copyOf(weights.toArray(), last))
        : weights.withDim(last, weights.dim(last) / block);
  }
}
