package io.moetool.formats.safetensors;

import io.moetool.formats.publish.Sha256;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongConsumer;

/**
 * A file written in large blocks: while the caller fills one block, a second thread writes the block
 * before it and a third one hashes it.
 */
final class BlockOutput implements AutoCloseable {
  private static final int BLOCK = 4 << 20;

  private final FileChannel channel;
  private final LongConsumer progress;
  private final Sha256 hash = new Sha256();
  private final ExecutorService workers =
      Executors.newFixedThreadPool(
          2, Thread.ofPlatform().daemon().name("moetool-write-", 0).factory());

  private ByteBuffer filling = ByteBuffer.allocateDirect(BLOCK);
  private ByteBuffer handedOver = ByteBuffer.allocateDirect(BLOCK);
  private List<Future<?>> working = List.of();
  private long done;

  /**
   * Writes from the current position of {@code channel}.
   *
   * @param progress told how many bytes have been handed over
   */
  BlockOutput(FileChannel channel, LongConsumer progress) {
    this.channel = channel;
    this.progress = progress;
  }

  void write(MemorySegment bytes) throws IOException {
    long size = bytes.byteSize();
    long at = 0;
    while (at < size) {
      long count = Math.min(filling.remaining(), size - at);
      filling.put(bytes.asSlice(at, count).asByteBuffer());
      at += count;
      if (!filling.hasRemaining()) {
        handOver();
      }
    }
  }

  /** Writes what is left and returns the digest of all bytes as lower-case hex. */
  String finish() throws IOException {
    handOver();
    awaitWorkers();
    return hash.hex();
  }

  @Override
  public void close() {
    workers.close();
  }

  private void handOver() throws IOException {
    awaitWorkers();
    ByteBuffer block = filling.flip();
    filling = handedOver.clear();
    handedOver = block;
    done += block.remaining();
    ByteBuffer toWrite = block.duplicate();
    ByteBuffer toHash = block.duplicate();
    working =
        List.of(
            workers.submit(() -> writeFully(toWrite)), workers.submit(() -> hash.update(toHash)));
    progress.accept(done);
  }

  private void writeFully(ByteBuffer bytes) {
    try {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void awaitWorkers() throws IOException {
    try {
      for (Future<?> work : working) {
        work.get();
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UncheckedIOException failure) {
        throw failure.getCause();
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while writing");
    }
  }
}
