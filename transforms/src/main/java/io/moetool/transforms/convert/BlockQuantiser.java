package io.moetool.transforms.convert;

import io.moetool.kernels.FloatMatrix;
import io.moetool.runtime.graph.ExpertIntegers;

/**
 * Rounds weights to integers, symmetrically, block by block of a row. The scale of a block is the
 * least with which all its weights lie between the least and the greatest integer, so that no
 * weight is off by more than half a scale, but for the rounding of float32.
 */
final class BlockQuantiser {
  private final ExpertIntegers type;
  private final int block;

  /**
   * A quantiser.
   *
   * @param block columns that share a scale; 0 if the whole row does
   */
  BlockQuantiser(ExpertIntegers type, int block) {
    this.type = type;
    this.block = block;
  }

  /**
   * Scales of a matrix, row by row.
   *
   * @throws ArithmeticException if a weight is no finite number
   */
  float[] scales(FloatMatrix weights) {
    int width = block == 0 ? weights.columns() : block;
    int inRow = weights.columns() / width;
    float[] scales = new float[weights.rows() * inRow];
    for (int row = 0; row < weights.rows(); row++) {
      float[] values = weights.rowToArray(row);
      for (int i = 0; i < inRow; i++) {
        scales[row * inRow + i] = scale(values, i * width, (i + 1) * width);
      }
    }
    return scales;
  }

  private float scale(float[] values, int from, int to) {
    float least = 0;
    float greatest = 0;
    for (int i = from; i < to; i++) {
      if (!Float.isFinite(values[i])) {
        throw new ArithmeticException("a weight is " + values[i]);
      }
      least = Math.min(least, values[i]);
      greatest = Math.max(greatest, values[i]);
    }
    return Math.max(least / type.least(), greatest / type.greatest());
  }

  /**
   * Integers of a matrix, row by row, a byte each.
   *
   * @param scales as {@link #scales} gives them
   */
  byte[] integers(FloatMatrix weights, float[] scales, QuantisationError error) {
    int columns = weights.columns();
    int width = block == 0 ? columns : block;
    byte[] integers = new byte[weights.rows() * columns];
    for (int row = 0; row < weights.rows(); row++) {
      float[] values = weights.rowToArray(row);
      for (int column = 0; column < columns; column++) {
        int at = row * columns + column;
        float scale = scales[at / width];
        int integer = scale == 0 ? 0 : Math.round(values[column] / scale);
        integers[at] = (byte) Math.clamp(integer, type.least(), type.greatest());
        error.add(values[column], scale * integers[at], scale);
      }
    }
    return integers;
  }

  /**
   * Integers as they are stored: 4 bits two to a byte, the first in the low bits.
   *
   * @param signed whether they are stored as they are; otherwise less the least of them
   */
  byte[] packed(byte[] integers, boolean signed) {
    int offset = signed ? 0 : -type.least();
    int perByte = type.perByte();
    int mask = (1 << type.bits()) - 1;
    byte[] packed = new byte[integers.length / perByte];
    for (int i = 0; i < packed.length; i++) {
      int bits = 0;
      for (int part = 0; part < perByte; part++) {
        bits |= ((integers[i * perByte + part] + offset) & mask) << (part * type.bits());
      }
      packed[i] = (byte) bits;
    }
    return packed;
  }
}
