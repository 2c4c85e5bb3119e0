package io.moetool.formats;

import java.util.Optional;

/**
 * Element types of the safetensors format, in the order its reference writer sorts by (narrowest
 * alignment first). The constant's name is the name in the file.
 */
public enum DType {
  BOOL(8),
  F4(4),
  F6_E2M3(6),
  F6_E3M2(6),
  U8(8),
  I8(8),
  F8_E5M2(8),
  F8_E4M3(8),
  F8_E8M0(8),
  F8_E4M3FNUZ(8),
  F8_E5M2FNUZ(8),
  I16(16),
  U16(16),
  F16(16),
  BF16(16),
  I32(32),
  U32(32),
  F32(32),
  C64(64),
  F64(64),
  I64(64),
  U64(64);

  private final int bits;

  DType(int bits) {
    this.bits = bits;
  }

  /** Bits one element takes; 4 and 6 bit elements are packed without gaps. */
  public int bits() {
    return bits;
  }

  /**
   * Bytes that {@code elements} elements take.
   *
   * @throws ArithmeticException if the size overflows or does not end on a byte
   */
  public long byteSize(long elements) {
    long total = Math.multiplyExact(elements, (long) bits);
    if (total % 8 != 0) {
      throw new ArithmeticException(
          "%d elements of %s do not end on a byte".formatted(elements, this));
    }
    return total / 8;
  }

  /** The type a file calls {@code name}; names are case sensitive. */
  public static Optional<DType> named(String name) {
    for (DType type : values()) {
      if (type.name().equals(name)) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }
}
