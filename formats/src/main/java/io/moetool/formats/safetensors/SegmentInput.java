package io.moetool.formats.safetensors;

import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Memory as a stream, for parsers that want one. */
final class SegmentInput extends InputStream {
  private final MemorySegment bytes;
  private long at;

  SegmentInput(MemorySegment bytes) {
    this.bytes = bytes;
  }

  @Override
  public int read() {
    return at == bytes.byteSize() ? -1 : Byte.toUnsignedInt(bytes.get(ValueLayout.JAVA_BYTE, at++));
  }

  @Override
  public int read(byte[] target, int from, int length) {
    int count = (int) Math.min(length, bytes.byteSize() - at);
    if (count == 0 && length > 0) {
      return -1;
    }
    MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, at, target, from, count);
    at += count;
    return count;
  }
}
