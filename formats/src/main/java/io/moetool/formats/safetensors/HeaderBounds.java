package io.moetool.formats.safetensors;

import io.moetool.formats.BadInputException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;

/** Finds the JSON text of a header and makes sure that it is text. */
final class HeaderBounds {
  private static final ValueLayout.OfLong LENGTH =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final MemorySegment LFS_POINTER =
      MemorySegment.ofArray("version https://git-lfs".getBytes(StandardCharsets.US_ASCII));

  private static final char BYTE_ORDER_MARK = '\uFEFF';

  private HeaderBounds() {}

  /** The JSON text, padding included. */
  static MemorySegment json(Place place, MemorySegment file) {
    long size = file.byteSize();
    if (size >= LFS_POINTER.byteSize()
        && file.asSlice(0, LFS_POINTER.byteSize()).mismatch(LFS_POINTER) == -1) {
      throw new BadInputException(
          place.file(), "is a Git LFS pointer, not the weights", "fetch the weights: git lfs pull");
    }
    if (size < SafetensorsHeader.LENGTH_BYTES) {
      throw place.at(
          0, "%d bytes are too few: 8 bytes of header length are expected".formatted(size));
    }
    long length = file.get(LENGTH, 0);
    if (Long.compareUnsigned(length, SafetensorsHeader.MAX_JSON_BYTES) > 0) {
      throw place.at(
          0,
          "header length %s exceeds the limit of %d: this is no safetensors file"
              .formatted(Long.toUnsignedString(length), SafetensorsHeader.MAX_JSON_BYTES));
    }
    long following = size - SafetensorsHeader.LENGTH_BYTES;
    if (length > following) {
      throw place.at(
          0,
          "header length %d exceeds the %d bytes that follow: the file is cut short or no safetensors file"
              .formatted(length, following));
    }
    return file.asSlice(SafetensorsHeader.LENGTH_BYTES, length);
  }

  /**
   * JSON parsers guess among encodings, by zero bytes and byte order marks, and mend broken text;
   * this format has one encoding.
   */
  static void requireUtf8(Place place, MemorySegment text) {
    ByteBuffer bytes = text.asByteBuffer();
    for (int i = 0; i < bytes.limit(); i++) {
      if (bytes.get(i) == 0) {
        throw place.at(inFile(i), "the header holds a zero byte");
      }
    }
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    CharBuffer chars = CharBuffer.allocate(1 << 14);
    boolean first = true;
    CoderResult result;
    do {
      result = decoder.decode(bytes, chars.clear(), true);
      if (result.isError()) {
        throw place.at(inFile(bytes.position()), "the header is not UTF-8 text");
      }
      if (first && chars.position() > 0 && chars.get(0) == BYTE_ORDER_MARK) {
        throw place.at(inFile(0), "the header begins with a byte order mark");
      }
      first = false;
    } while (!result.isUnderflow());
  }

  private static long inFile(int at) {
    return (long) SafetensorsHeader.LENGTH_BYTES + at;
  }
}
