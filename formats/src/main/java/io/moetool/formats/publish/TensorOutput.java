package io.moetool.formats.publish;

import io.moetool.formats.EnvironmentException;
import io.moetool.formats.TensorContent;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A file of tensors on its way to the disk. The caller brings bytes into memory; meanwhile one
 * thread writes them, one hashes the file, one hashes the tensors, and one has the disk take what
 * is written, so that forcing the file at the end is no long wait. Bytes of mapped files are used
 * where they lie. Memory does not grow with the file.
 */
public final class TensorOutput implements AutoCloseable {
  private static final int BLOCK = 4 << 20;

  /** Blocks on their way at a time: a few, so that no thread waits for each block of another. */
  private static final int AHEAD = 8;

  /** Less is copied: cheaper than handing it to three threads. */
  private static final int LEAST_IN_PLACE = 256 << 10;

  /** Bytes after which the disk is to take what is written. */
  private static final long FLUSHED_AT_ONCE = 256L << 20;

  private final FileChannel channel;
  private final LongConsumer progress;
  private final Sha256 fileHash = new Sha256();
  private final Map<String, Future<String>> tensorHashes = new LinkedHashMap<>();
  private final ExecutorService writer = worker("moetool-write");
  private final ExecutorService fileHasher = worker("moetool-hash-file");
  private final ExecutorService tensorHasher = worker("moetool-hash-tensors");
  private final ExecutorService flusher = worker("moetool-flush");
  private final Queue<Handed> handedOver = new ArrayDeque<>();
  private final Queue<ByteBuffer> blocks = new ArrayDeque<>();
  private final MappedPages copied = new MappedPages();

  /** Gives the blocks back at once; a collector would let them pile up from file to file. */
  private final Arena arena = Arena.ofShared();

  private ByteBuffer filling = arena.allocate(BLOCK).asByteBuffer();
  private Future<?> lastTensorHash = CompletableFuture.completedFuture(null);
  private Future<?> flush = CompletableFuture.completedFuture(null);
  private long unflushed;
  private long position;

  /**
   * Bytes being written and hashed.
   *
   * @param block to be filled again afterwards, or null if {@code bytes} were not copied
   * @param tensor where they come from
   */
  private record Handed(
      MemorySegment bytes, @Nullable ByteBuffer block, String tensor, List<Future<?>> uses) {}

  /**
   * Writes from the current position of {@code channel}.
   *
   * @param progress told how many bytes have been handed over
   */
  public TensorOutput(FileChannel channel, LongConsumer progress) {
    this.channel = channel;
    this.progress = progress;
  }

  /** Bytes so far. */
  public long position() {
    return position;
  }

  /**
   * Appends bytes that belong to no tensor.
   *
   * @throws IOException if the disk refuses these or earlier ones
   */
  public void write(MemorySegment bytes) throws IOException {
    copy(bytes, null);
  }

  /**
   * Appends a tensor.
   *
   * @param name its name in the file
   * @param byteSize what {@code content} will hand over
   * @throws IOException if the disk refuses these or earlier bytes
   * @throws EnvironmentException if a mapped file they come from cannot be read
   * @throws IllegalStateException if the content has another size
   */
  public void write(String name, long byteSize, TensorContent content) throws IOException {
    Sha256 hash = new Sha256();
    long end = position + byteSize;
    content.writeTo(bytes -> {
      if (bytes.byteSize() > end - position) {
        throw new IllegalStateException(
            "content of tensor %s is at least %d bytes too long"
                .formatted(name, bytes.byteSize() - (end - position)));
      }
      try {
        append(bytes, name, hash);
      } catch (InternalError e) {
        throw unreadable(name, e);
      }
    });
    if (position < end) {
      throw new IllegalStateException(
          "content of tensor %s is %d bytes too short".formatted(name, end - position));
    }
    tensorHashes.put(name, tensorHasher.submit(hash::hex));
  }

  /**
   * Writes what is left. The file still has to be forced to the disk.
   *
   * @param name of the file, for the result
   * @throws IOException if the disk refuses
   */
  public WrittenFile finish(String name) throws IOException {
    handOver();
    while (!handedOver.isEmpty()) {
      awaitOldest();
    }
    await(flush, "");
    Map<String, String> hashes = new LinkedHashMap<>();
    for (Map.Entry<String, Future<String>> entry : tensorHashes.entrySet()) {
      hashes.put(entry.getKey(), await(entry.getValue(), entry.getKey()));
    }
    return new WrittenFile(name, position, fileHash.hex(), hashes);
  }

  /** Ends the threads, once they have done what they were given. */
  @Override
  public void close() {
    writer.close();
    fileHasher.close();
    tensorHasher.close();
    flusher.close();
    copied.close();
    arena.close();
  }

  private void append(MemorySegment bytes, String tensor, Sha256 hash) throws IOException {
    if (bytes.byteSize() < LEAST_IN_PLACE || !isLasting(bytes)) {
      copy(bytes, hash);
      return;
    }
    handOver();
    for (long at = 0; at < bytes.byteSize(); at += BLOCK) {
      MemorySegment piece = bytes.asSlice(at, Math.min(BLOCK, bytes.byteSize() - at));
      piece.load();
      lastTensorHash = tensorHasher.submit(() -> hash.update(piece));
      position += piece.byteSize();
      handOver(piece, null, tensor);
    }
  }

  /** Whether bytes stay as they are while other threads read them. */
  private static boolean isLasting(MemorySegment bytes) {
    return bytes.isMapped() && bytes.isReadOnly();
  }

  private void copy(MemorySegment bytes, @Nullable Sha256 hash) throws IOException {
    long size = bytes.byteSize();
    long at = 0;
    while (at < size) {
      int count = Math.toIntExact(Math.min(filling.remaining(), size - at));
      ByteBuffer copy = filling.slice(filling.position(), count);
      filling.put(bytes.asSlice(at, count).asByteBuffer());
      if (hash != null) {
        lastTensorHash = tensorHasher.submit(() -> hash.update(copy));
      }
      at += count;
      position += count;
      if (!filling.hasRemaining()) {
        handOver();
      }
    }
    copied.passed(bytes);
  }

  private void handOver() throws IOException {
    if (filling.position() == 0) {
      return;
    }
    ByteBuffer block = filling;
    handOver(MemorySegment.ofBuffer(block.flip()), block, "");
    ByteBuffer next = blocks.poll();
    filling = next == null ? arena.allocate(BLOCK).asByteBuffer() : next.clear();
  }

  private void handOver(MemorySegment bytes, @Nullable ByteBuffer block, String tensor)
      throws IOException {
    ByteBuffer toWrite = bytes.asByteBuffer();
    handedOver.add(
        new Handed(
            bytes,
            block,
            tensor,
            List.of(
                writer.submit(() -> writeFully(toWrite)),
                fileHasher.submit(() -> fileHash.update(bytes)),
                lastTensorHash)));
    progress.accept(position);
    while (handedOver.size() > AHEAD) {
      awaitOldest();
    }
    unflushed += bytes.byteSize();
    if (unflushed >= FLUSHED_AT_ONCE && flush.isDone()) {
      await(flush, tensor);
      flush = flusher.submit(this::force);
      unflushed = 0;
    }
  }

  private void awaitOldest() throws IOException {
    Handed oldest = handedOver.remove();
    for (Future<?> use : oldest.uses) {
      await(use, oldest.tensor);
    }
    if (oldest.block == null) {
      MappedPages.release(oldest.bytes);
    } else {
      blocks.add(oldest.block);
    }
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

  private void force() {
    try {
      channel.force(false);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static <T> T await(Future<T> work, String tensor) throws IOException {
    try {
      return work.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case UncheckedIOException failure -> throw failure.getCause();
        case InternalError failure -> throw unreadable(tensor, failure);
        case null, default -> throw new IllegalStateException(e.getCause());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while writing");
    }
  }

  /** Of an error by which the JVM says that a page of a mapped file could not be read. */
  private static EnvironmentException unreadable(String tensor, InternalError e) {
    return new EnvironmentException(
        tensor,
        "its source could not be read to the end",
        "check the disk, and that nothing changes the source meanwhile",
        e);
  }

  private static ExecutorService worker(String name) {
    return Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name(name).factory());
  }
}
