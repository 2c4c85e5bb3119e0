package io.moetool.formats.onnx;

import io.moetool.formats.BadInputException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The fields of one protobuf message in memory, one after the other. Nothing is copied, so that a
 * field of a gigabyte costs as much as one of a byte.
 */
final class ProtoFields {
  private static final int VARINT = 0;
  private static final int FIXED_64 = 1;
  private static final int DELIMITED = 2;
  private static final int FIXED_32 = 5;
  private static final int TYPE_BITS = 3;
  private static final int PAYLOAD_BITS = 7;

  private final String where;
  private final MemorySegment message;
  private long at;
  private long start;
  private long contentStart;
  private int number;
  private int wireType;

  /**
   * A reader in front of the first field.
   *
   * @param where file, for messages
   */
  ProtoFields(String where, MemorySegment message) {
    this.where = where;
    this.message = message;
  }

  /** Steps to the next field; false behind the last. */
  boolean next() {
    if (at == message.byteSize()) {
      return false;
    }
    start = at;
    long tag = varint();
    number = (int) (tag >>> TYPE_BITS);
    wireType = (int) tag & ((1 << TYPE_BITS) - 1);
    if (tag >>> Integer.SIZE != 0 || number <= 0) {
      throw malformed("has a field without a number");
    }
    switch (wireType) {
      case VARINT -> {
        contentStart = at;
        varint();
      }
      case FIXED_64 -> skip(Long.BYTES);
      case FIXED_32 -> skip(Integer.BYTES);
      case DELIMITED -> skip(varint());
      default -> throw malformed("has a field of the unknown kind " + wireType);
    }
    return true;
  }

  /** Whether this field is number {@code wanted} and holds bytes: a message, text or raw data. */
  boolean isBytes(int wanted) {
    return number == wanted && wireType == DELIMITED;
  }

  /** The field as it is stored, with its tag. */
  MemorySegment whole() {
    return message.asSlice(start, at - start);
  }

  /** What the field holds. */
  MemorySegment content() {
    return message.asSlice(contentStart, at - contentStart);
  }

  private void skip(long length) {
    if (length < 0 || length > message.byteSize() - at) {
      throw malformed(
          "has a field of %s bytes, %d are left"
              .formatted(Long.toUnsignedString(length), message.byteSize() - at));
    }
    contentStart = at;
    at += length;
  }

  private long varint() {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += PAYLOAD_BITS) {
      if (at == message.byteSize()) {
        throw malformed("ends in the middle of a number");
      }
      byte next = message.get(ValueLayout.JAVA_BYTE, at++);
      value |= (long) (next & 0x7F) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw malformed("has a number of more than 10 bytes");
  }

  private BadInputException malformed(String problem) {
    return notOnnx(where, problem + ", at byte %d of a message".formatted(start));
  }

  static BadInputException notOnnx(String where, String problem) {
    return new BadInputException(
        where, "is no ONNX model: it " + problem, "download or export the model again");
  }
}
