package io.moetool.formats.publish;

import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * Memory through which files of tensors are written. It is used again from file to file: the first
 * touch of new memory costs as much as several copies of it. For one thread.
 */
public final class WriteBuffers implements AutoCloseable {
  static final int BLOCK = 4 << 20;

  private final Arena arena = Arena.ofShared();
  private final Queue<ByteBuffer> free = new ArrayDeque<>();

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

  /** Gives the memory back. */
  @Override
  public void close() {
    free.clear();
    arena.close();
  }
}
