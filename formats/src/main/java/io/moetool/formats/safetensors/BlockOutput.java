package io.moetool.formats.safetensors;

import io.moetool.formats.publish.Sha256;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongConsumer;

/**
 * A file written in large blocks: while the caller fills one block, a second thread writes the
 * blocks before it and a third one hashes them.
 */
final class BlockOutput implements AutoCloseable {
  private static final int BLOCK = 4 << 20;

  /** A few, so that no thread has to wait for each block of another on a busy machine. */
  private static final int BLOCKS = 4;

  private final FileChannel channel;
  private final LongConsumer progress;
  private final Sha256 hash = new Sha256();
  private final ExecutorService writer = worker("moetool-write");
  private final ExecutorService hasher = worker("moetool-hash");
  private final Queue<Handed> handedOver = new ArrayDeque<>();

  /** Gives the blocks back at once; a collector would let them pile up from file to file. */
  private final Arena arena = Arena.ofShared();

  private ByteBuffer filling = newBlock();
  private long done;

  /** A full block; it may be filled again once both have finished with it. */
  private record Handed(ByteBuffer block, Future<?> writing, Future<?> hashing) {}

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
        filling = emptyBlock();
      }
    }
  }

  /** Writes what is left and returns the digest of all bytes as lower-case hex. */
  String finish() throws IOException {
    handOver();
    while (!handedOver.isEmpty()) {
      awaitOldest();
    }
    return hash.hex();
  }

  @Override
  public void close() {
    writer.close();
    hasher.close();
    arena.close();
  }

  private void handOver() {
    filling.flip();
    ByteBuffer toWrite = filling.duplicate();
    ByteBuffer toHash = filling.duplicate();
    handedOver.add(
        new Handed(
            filling,
            writer.submit(() -> writeFully(toWrite)),
            hasher.submit(() -> hash.update(toHash))));
    done += filling.remaining();
    progress.accept(done);
  }

  private ByteBuffer newBlock() {
    return arena.allocate(BLOCK).asByteBuffer();
  }

  private ByteBuffer emptyBlock() throws IOException {
    return handedOver.size() < BLOCKS ? newBlock() : awaitOldest().clear();
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

  private ByteBuffer awaitOldest() throws IOException {
    Handed oldest = handedOver.remove();
    try {
      oldest.writing.get();
      oldest.hashing.get();
      return oldest.block;
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

  private static ExecutorService worker(String name) {
    return Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name(name).factory());
  }
}
