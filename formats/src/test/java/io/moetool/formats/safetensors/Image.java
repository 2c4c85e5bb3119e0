package io.moetool.formats.safetensors;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Safetensors files put together by hand, right and wrong. */
final class Image {
  private Image() {}

  /** Length, header and data as they are given; nothing is padded or checked. */
  static byte[] of(String header, byte... data) {
    return of(header.getBytes(StandardCharsets.UTF_8), data);
  }

  static byte[] of(byte[] header, byte... data) {
    return ByteBuffer.allocate(8 + header.length + data.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(header.length)
        .put(header)
        .put(data)
        .array();
  }

  static SafetensorsHeader parse(byte[] image) {
    return SafetensorsHeader.parse("m.safetensors", MemorySegment.ofArray(image));
  }
}
