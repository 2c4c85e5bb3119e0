package io.moetool.formats.publish;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
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
  private static final long WHOLE = 65_536;
  private static final long BLOCK = 16_384;

  private static final int READERS = 8;

  /** Tensors read ahead. */
  private static final int AHEAD = 64;

  private final Sha256 hash;
  private final Iterator<MemorySegment> tensors;
  private final Queue<Sample> ahead = new ArrayDeque<>();
  private final MappedPages pages = new MappedPages();
  private final ExecutorService readers =
      Executors.newFixedThreadPool(
          READERS, Thread.ofPlatform().daemon().name("moetool-read").factory());

  private record Sample(MemorySegment tensor, List<MemorySegment> parts, Future<?> reading) {}

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

  /** Adds the sample of the next tensor to the hash. */
  public void addNext() {
    while (ahead.size() < AHEAD && tensors.hasNext()) {
      readAhead(tensors.next());
    }
    Sample next = ahead.remove();
    awaitReading(next);
    next.parts.forEach(hash::update);
    pages.passed(next.tensor);
  }

  /** Ends the threads that read. */
  @Override
  public void close() {
    readers.close();
    pages.close();
  }

  private void readAhead(MemorySegment tensor) {
    List<MemorySegment> parts = parts(tensor);
    Future<?> reading =
        readers.submit(
            () -> parts.stream().filter(MemorySegment::isMapped).forEach(MemorySegment::load));
    ahead.add(new Sample(tensor, parts, reading));
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
      // Hashing meets the same page again, where the error belongs to the caller.
      return;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
