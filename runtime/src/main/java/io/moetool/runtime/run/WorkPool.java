package io.moetool.runtime.run;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * A fixed number of threads that share numbered units of work. What a unit computes must not depend
 * on which thread takes it or when.
 */
public final class WorkPool implements AutoCloseable {
  private final ThreadLocal<Boolean> works = ThreadLocal.withInitial(() -> false);
  private final int threads;
  private final ExecutorService executor;

  /** A pool of {@code threads} threads. */
  public WorkPool(int threads) {
    this.threads = threads;
    this.executor =
        Executors.newFixedThreadPool(
            threads, Thread.ofPlatform().name("moetool-", 0).daemon().factory());
  }

  /** Number of threads. */
  public int threads() {
    return threads;
  }

  /**
   * Runs units {@code 0 .. count - 1}; returns when all are done, or throws what one threw first.
   * Units within a unit are run by the thread that has it: all others may be waiting for theirs.
   */
  public void forEach(int count, IntConsumer unit) {
    if (works.get()) {
      IntStream.range(0, count).forEach(unit);
      return;
    }
    AtomicInteger next = new AtomicInteger();
    List<Future<?>> workers = new ArrayList<>();
    for (int i = 0; i < Math.min(threads, count); i++) {
      workers.add(
          executor.submit(() -> {
            works.set(true);
            for (int n = next.getAndIncrement(); n < count; n = next.getAndIncrement()) {
              unit.accept(n);
            }
          }));
    }
    await(workers, next, count);
  }

  private static void await(List<Future<?>> workers, AtomicInteger next, int count) {
    RuntimeException failure = null;
    for (Future<?> worker : workers) {
      try {
        worker.get();
      } catch (ExecutionException e) {
        next.set(count);
        if (failure == null) {
          failure = unwrap(e);
        }
      } catch (InterruptedException e) {
        next.set(count);
        Thread.currentThread().interrupt();
        failure = new IllegalStateException("interrupted", e);
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  private static RuntimeException unwrap(ExecutionException e) {
    return switch (e.getCause()) {
      case RuntimeException cause -> cause;
      case Error error -> throw error;
      case null, default -> new IllegalStateException(e);
    };
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}
