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
      throw place.at(0, "%d bytes are too few: 8 bytes of header length are expected".formatted(size));
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

  /** JSON parsers guess among encodings and mend broken text; this format has one encoding. */
  static void requireUtf8(Place place, MemorySegment text) {
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    ByteBuffer bytes = text.asByteBuffer();
    CharBuffer chars = CharBuffer.allocate(1 << 14);
    CoderResult result;
    do {
      result = decoder.decode(bytes, chars.clear(), true);
      long at = SafetensorsHeader.LENGTH_BYTES + (long) bytes.position();
      if (result.isError()) {
        throw place.at(at, "the header is not UTF-8 text");
      }
      // Valid UTF-8, but a parser would take such text for UTF-16 or skip the mark in front of it.
      String part = chars.flip().toString();
      if (part.indexOf('\0') >= 0 || part.startsWith("\uFEFF")) {
        throw place.at(at, "the header holds a zero byte or a byte order mark");
      }
    } while (!result.isUnderflow());
  }
}
