package io.moetool.formats.publish;

import java.lang.foreign.MemorySegment;

/**
 * Gives the pages of mapped files back once they have been read, so that reading a whole model
 * leaves the resident memory flat. The bytes stay readable: the next access maps them again, mostly
 * from the page cache. Memory that is not mapped from a file is left alone.
 */
public final class MappedPages implements AutoCloseable {
  private MemorySegment last = MemorySegment.NULL;

  /** Nothing has been read yet. */
  public MappedPages() {}

  /** Gives back all pages under {@code bytes} now. */
  public static void release(MemorySegment bytes) {
    if (bytes.isMapped()) {
      bytes.unload();
    }
  }

  /**
   * Says that {@code bytes} have been read. They go one step late: the operating system maps some
   * pages around each one that is touched, so reading what comes next would bring the end of them
   * back.
   */
  public void passed(MemorySegment bytes) {
    release();
    last = bytes;
  }

  /** Gives back what was read last. */
  @Override
  public void close() {
    release();
    last = MemorySegment.NULL;
  }

  private void release() {
    // Its owner may have closed it meanwhile.
    if (last.scope().isAlive() && last.isAccessibleBy(Thread.currentThread())) {
      release(last);
    }
  }
}
