package io.moetool.formats.publish;

import java.lang.foreign.MemorySegment;

/** Keeps the resident memory of a run that reads a whole mapped model flat. */
public final class MappedPages {
  private MappedPages() {}

  /**
   * Gives the pages under {@code bytes} back if they belong to a mapped file; otherwise does nothing.
   * The bytes stay readable: the next access maps them again, mostly from the page cache.
   */
  public static void release(MemorySegment bytes) {
    if (bytes.isMapped()) {
      bytes.unload();
    }
  }
}
