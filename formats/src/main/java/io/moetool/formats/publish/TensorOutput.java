package io.moetool.formats.publish;

import io.moetool.formats.EnvironmentException;
import io.moetool.formats.MappedFile;
import io.moetool.formats.TensorContent;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A file of tensors on its way to the disk. Two threads read what lies in mapped files, some way
 * ahead; one writes, one hashes the file, one hashes the tensors, and one has the disk take what is
 * written, so that forcing the file at the end is no long wait. Memory does not grow with the file.
 */
public final class TensorOutput implements AutoCloseable {
  /** Blocks on their way at a time, so that no thread waits while the disk holds up another. */
  private static final int AHEAD = 16;

  /** So that the disk has the next request before it has answered the last. */
  private static final int READERS = 2;

  /** Less is copied at once: cheaper than handing it to another thread. */
  private static final int LEAST_READ = 64 << 10;

  /** Bytes after which the disk is to take what is written. */
  private static final long FLUSHED_AT_ONCE = 64L << 20;

  private static final Future<?> DONE = CompletableFuture.completedFuture(null);

  private final FileChannel channel;
  private final LongConsumer progress;
  private final Sha256 fileHash = new Sha256();
  private final Map<String, Future<String>> tensorHashes = new LinkedHashMap<>();
  private final ExecutorService readers = workers("moetool-read", READERS);
  private final ExecutorService writer = workers("moetool-write", 1);
  private final ExecutorService fileHasher = workers("moetool-hash-file", 1);
  private final ExecutorService tensorHasher = workers("moetool-hash-tensors", 1);
  private final ExecutorService flusher = workers("moetool-flush", 1);
  private final Queue<Handed> handedOver = new ArrayDeque<>();
  private final MappedPages copied = new MappedPages();

  private final WriteBuffers buffers;

  private ByteBuffer filling;
  private List<Future<?>> readings = new ArrayList<>();
  private Future<?> lastTensorHash = DONE;
  private Future<?> flush = DONE;
  private long unflushed;
  private long position;

  /** A block on its way; it may be filled again after all uses. */
  private record Handed(ByteBuffer block, List<Future<?>> uses) {}

  /**
   * Writes from the current position of {@code channel}.
   *
   * @param buffers stay open longer than this, and belong to it meanwhile
   * @param progress told how many bytes have been handed over
   */
  public TensorOutput(FileChannel channel, WriteBuffers buffers, LongConsumer progress) {
    this.channel = channel;
    this.buffers = buffers;
    this.filling = buffers.take();
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
    append(bytes, "", null);
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
        // The JVM's way to say that a page of a mapped file could not be read.
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
   * @throws EnvironmentException if a mapped file cannot be read
   */
  public WrittenFile finish(String name) throws IOException {
    handOver();
    while (!handedOver.isEmpty()) {
      awaitOldest();
    }
    await(flush);
    Map<String, String> hashes = new LinkedHashMap<>();
    for (Map.Entry<String, Future<String>> entry : tensorHashes.entrySet()) {
      hashes.put(entry.getKey(), await(entry.getValue()));
    }
    return new WrittenFile(name, position, fileHash.hex(), hashes);
  }

  /** Ends the threads, once they have done what they were given. */
  @Override
  public void close() {
    readers.close();
    writer.close();
    fileHasher.close();
    tensorHasher.close();
    flusher.close();
    copied.close();
    handedOver.forEach(handed -> buffers.giveBack(handed.block));
    buffers.giveBack(filling);
  }

  private void append(MemorySegment bytes, String tensor, @Nullable Sha256 hash)
      throws IOException {
    Optional<MappedFile> source =
        bytes.byteSize() < LEAST_READ ? Optional.empty() : MappedFile.of(bytes);
    long size = bytes.byteSize();
    long at = 0;
    while (at < size) {
      int count = Math.toIntExact(Math.min(filling.remaining(), size - at));
      MemorySegment piece = bytes.asSlice(at, count);
      ByteBuffer place = filling.slice(filling.position(), count);
      List<Future<?>> needed =
          source.isPresent() ? reading(source.get(), piece, place, tensor) : copied(piece, place);
      if (hash != null) {
        lastTensorHash = tensorHasher.submit(() -> hash.update(whenRead(needed, place)));
      }
      filling.position(filling.position() + count);
      at += count;
      position += count;
      if (!filling.hasRemaining()) {
        handOver();
      }
    }
  }

  private List<Future<?>> reading(
      MappedFile file, MemorySegment piece, ByteBuffer place, String tensor) {
    Future<?> reading =
        readers.submit(() -> {
          try {
            buffers.readOnce(file, piece, place.duplicate());
          } catch (IOException e) {
            throw unreadable(tensor, e);
          }
        });
    readings.add(reading);
    return List.of(reading);
  }

  private List<Future<?>> copied(MemorySegment piece, ByteBuffer place) {
    MemorySegment.ofBuffer(place).copyFrom(piece);
    copied.passed(piece);
    return List.of();
  }

  private void handOver() throws IOException {
    if (filling.position() == 0) {
      return;
    }
    ByteBuffer block = filling.flip();
    List<Future<?>> uses = new ArrayList<>(readings);
    List<Future<?>> needed = readings;
    uses.add(writer.submit(() -> writeFully(whenRead(needed, block.duplicate()))));
    uses.add(fileHasher.submit(() -> fileHash.update(whenRead(needed, block.duplicate()))));
    uses.add(lastTensorHash);
    handedOver.add(new Handed(block, uses));
    filling = buffers.take();
    readings = new ArrayList<>();
    progress.accept(position);
    while (handedOver.size() > AHEAD) {
      awaitOldest();
    }
    unflushed += block.limit();
    if (unflushed >= FLUSHED_AT_ONCE && flush.isDone()) {
      await(flush);
      flush = flusher.submit(this::force);
      unflushed = 0;
    }
  }

  private void awaitOldest() throws IOException {
    Handed oldest = handedOver.remove();
    for (Future<?> use : oldest.uses) {
      await(use);
    }
    buffers.giveBack(oldest.block);
  }

  /** Waits for bytes that others read; whether they could is seen by who awaits the block. */
  private static ByteBuffer whenRead(List<Future<?>> readings, ByteBuffer bytes) {
    for (Future<?> reading : readings) {
      try {
        reading.get();
      } catch (ExecutionException e) {
        return bytes;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    return bytes;
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

  private static <T> T await(Future<T> work) throws IOException {
    try {
      return work.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case UncheckedIOException failure -> throw failure.getCause();
        case EnvironmentException failure -> throw failure;
        case null, default -> throw new IllegalStateException(e.getCause());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while writing");
    }
  }

  private static EnvironmentException unreadable(String tensor, Throwable cause) {
    return new EnvironmentException(
        tensor,
        "its source could not be read to the end",
        "check the disk, and that nothing changes the source meanwhile",
        cause);
  }

  private static ExecutorService workers(String name, int threads) {
    return Executors.newFixedThreadPool(threads, Thread.ofPlatform().daemon().name(name).factory());
  }
}
