package io.moetool.analyzers.report;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;

/** Many numbers as short text: little-endian bytes in Base64. */
final class PackedNumbers {
  private static final int UINT16_MAX = 0xffff;

  private PackedNumbers() {}

  /** As float32: 7 digits in 5⅓ characters. */
  static String float32(double[] values) {
    byte[] bytes = new byte[values.length * Float.BYTES];
    ByteBuffer out = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (double value : values) {
      out.putFloat((float) value);
    }
    return bytes(bytes);
  }

  /**
   * As multiples of {@code unit}, at most 65,535 each: 2⅔ characters.
   *
   * @param values none negative
   */
  static String uint16(double[] values, double unit) {
    byte[] bytes = new byte[values.length * Short.BYTES];
    ByteBuffer out = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (double value : values) {
      out.putShort((short) Math.clamp(Math.round(value / unit), 0, UINT16_MAX));
    }
    return bytes(bytes);
  }

  /** The unit in which the largest of some values is the largest uint16. */
  static double unit(double largest) {
    return largest > 0 ? largest / UINT16_MAX : 1;
  }

  /** As they are. */
  static String bytes(byte[] values) {
    return Base64.getEncoder().encodeToString(values);
  }
}
