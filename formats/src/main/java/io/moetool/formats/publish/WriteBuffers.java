package io.moetool.formats.publish;

import io.moetool.formats.MappedFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Memory through which files of tensors are written. It is used again from file to file: the first
 * touch of new memory costs as much as several copies of it. For one thread, but for scratch.
 */
public final class WriteBuffers implements AutoCloseable {
  static final int BLOCK = 4 << 20;

  private final Arena arena = Arena.ofShared();
  private final Queue<ByteBuffer> free = new ArrayDeque<>();
  private final Queue<ByteBuffer> scratch = new ConcurrentLinkedQueue<>();

  /** No memory is taken yet. */
  public WriteBuffers() {}

  /** An empty block. */
  ByteBuffer take() {
    ByteBuffer block = free.poll();
    return block == null ? arena.allocate(BLOCK).asByteBuffer() : block.clear();
  }

  /** Takes a block that nobody uses any more. */
  void giveBack(ByteBuffer block) {
    free.add(block);
  }

  /** Reads a block or less of a mapped file; any thread may. */
  void readOnce(MappedFile file, MemorySegment part, ByteBuffer target) throws IOException {
    ByteBuffer known = scratch.poll();
    ByteBuffer room =
        known == null
            ? arena.allocate(BLOCK + 2L * MappedFile.ALIGNMENT, MappedFile.ALIGNMENT).asByteBuffer()
            : known;
    try {
      file.readOnce(part, target, room);
    } finally {
      scratch.add(room);
    }
  }

  /** Gives the memory back. */
  @Override
  public void close() {
    free.clear();
    scratch.clear();
    arena.close();
  }
}
