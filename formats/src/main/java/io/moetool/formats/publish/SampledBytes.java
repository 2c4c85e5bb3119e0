package io.moetool.formats.publish;

import io.moetool.formats.EnvironmentException;
import io.moetool.formats.MappedFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Hashes a sample of many tensors, as fingerprints do: of each all bytes if they are at most
 * 65,536, otherwise three blocks of 16,384: the first, the one that starts at half of what remains
 * beside a block, rounded down, and the last. Samples are read ahead and several at a time, because
 * a disk answers scattered requests that wait for each other far below its speed.
 */
public final class SampledBytes implements AutoCloseable {
  private static final int WHOLE = 65_536;
  private static final long BLOCK = 16_384;

  private static final int READERS = 8;

  /** Tensors read ahead. */
  private static final int AHEAD = 64;

  private final Sha256 hash;
  private final Iterator<MemorySegment> tensors;
  private final Queue<Sample> ahead = new ArrayDeque<>();
  private final ExecutorService readers =
      Executors.newFixedThreadPool(
          READERS, Thread.ofPlatform().daemon().name("moetool-read").factory());

  private final Queue<ByteBuffer> free = new ArrayDeque<>();

  private record Sample(ByteBuffer bytes, Future<?> reading) {}

  /**
   * Begins.
   *
   * @param hash takes the bytes
   * @param tensors bytes of all tensors, in the order of {@link #addNext}
   */
  public SampledBytes(Sha256 hash, Iterator<MemorySegment> tensors) {
    this.hash = hash;
    this.tensors = tensors;
  }

  /**
   * Adds the sample of the next tensor to the hash.
   *
   * @throws EnvironmentException if it lies in a mapped file that cannot be read
   */
  public void addNext() {
    while (ahead.size() < AHEAD && tensors.hasNext()) {
      readAhead(tensors.next());
    }
    Sample next = ahead.remove();
    awaitReading(next);
    hash.update(next.bytes.flip());
    free.add(next.bytes);
  }

  /** Ends the threads that read. */
  @Override
  public void close() {
    readers.close();
  }

  private void readAhead(MemorySegment tensor) {
    ByteBuffer known = free.poll();
    ByteBuffer bytes = known == null ? ByteBuffer.allocate(WHOLE) : known.clear();
    ahead.add(new Sample(bytes, readers.submit(() -> parts(tensor).forEach(p -> read(p, bytes)))));
  }

  private static void read(MemorySegment part, ByteBuffer target) {
    Optional<MappedFile> file = MappedFile.of(part);
    if (file.isEmpty()) {
      target.put(part.asByteBuffer());
      return;
    }
    try {
      file.get().read(part, target);
    } catch (IOException e) {
      throw new EnvironmentException(
          file.get().path().toString(),
          "cannot be read: " + e.getMessage(),
          "check the disk, and that nothing changes the file meanwhile",
          e);
    }
  }

  private static List<MemorySegment> parts(MemorySegment tensor) {
    long size = tensor.byteSize();
    return size <= WHOLE
        ? List.of(tensor)
        : List.of(
            tensor.asSlice(0, BLOCK),
            tensor.asSlice((size - BLOCK) / 2, BLOCK),
            tensor.asSlice(size - BLOCK, BLOCK));
  }

  private static void awaitReading(Sample sample) {
    try {
      sample.reading.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException failure -> throw failure;
        case Error failure -> throw failure;
        case null, default -> throw new IllegalStateException(e.getCause());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while reading", e);
    }
  }
}
