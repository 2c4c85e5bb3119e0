package io.moetool.formats;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Stream;

/**
 * A file mapped into memory whole, read-only. Who goes through large parts of it once does better
 * to {@link #read} them: the processor maps and finds pages of four kilobytes one by one, which
 * takes it two to three times as long as having megabytes copied. May be used by several threads.
 */
public final class MappedFile implements AutoCloseable {
  /** What addresses, places and lengths are multiples of where the page cache is passed by. */
  public static final int ALIGNMENT = 4096;

  /** Passes the page cache by. */
  private static final Optional<OpenOption> PAST_CACHE = pastCache();

  private static final String SHORTER = "the file has become shorter";

  /** All that are open, by address, so that a segment tells which file it is a part of. */
  private static final NavigableMap<Long, MappedFile> OPEN = new ConcurrentSkipListMap<>();

  private final Path path;
  private final FileChannel channel;
  private final Optional<FileChannel> uncached;
  private final Arena arena;
  private final MemorySegment bytes;

  private MappedFile(Path path, FileChannel channel, Arena arena, MemorySegment bytes) {
    this.path = path;
    this.channel = channel;
    this.uncached = uncached(path);
    this.arena = arena;
    this.bytes = bytes;
  }

  /**
   * Maps a file as long as it is now.
   *
   * @throws EnvironmentException if it cannot be read or mapped
   */
  public static MappedFile open(Path path) {
    Arena arena = Arena.ofShared();
    try {
      FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
      try {
        MemorySegment bytes = channel.map(MapMode.READ_ONLY, 0, channel.size(), arena);
        MappedFile file = new MappedFile(path, channel, arena, bytes);
        if (bytes.byteSize() > 0) {
          OPEN.put(bytes.address(), file);
        }
        return file;
      } catch (IOException e) {
        channel.close();
        throw e;
      }
    } catch (IOException e) {
      arena.close();
      throw new EnvironmentException(
          path.toString(),
          "cannot be mapped into memory: " + e,
          "check the permissions and the disk",
          e);
    }
  }

  /** Where it is. */
  public Path path() {
    return path;
  }

  /** The whole file. Dies when this is closed. */
  public MemorySegment bytes() {
    return bytes;
  }

  /** The open file that a segment is a part of, if there is one. */
  public static Optional<MappedFile> of(MemorySegment part) {
    if (!part.isMapped()) {
      return Optional.empty();
    }
    return Optional.ofNullable(OPEN.floorEntry(part.address()))
        .map(entry -> entry.getValue())
        .filter(file -> file.offset(part) <= file.bytes.byteSize() - part.byteSize());
  }

  /**
   * Reads a part from the file, not through its mapping.
   *
   * @param part of {@link #bytes}
   * @param target takes as many bytes as {@code part} has
   * @throws IOException if the file cannot be read, or has become shorter
   */
  public void read(MemorySegment part, ByteBuffer target) throws IOException {
    long offset = offset(part);
    ByteBuffer rest = target.slice(target.position(), Math.toIntExact(part.byteSize()));
    while (rest.hasRemaining()) {
      int count = channel.read(rest, offset + rest.position());
      if (count < 0) {
        throw new EOFException(SHORTER);
      }
    }
    target.position(target.position() + rest.position());
  }

  /**
   * Reads a part that is needed once. What lies in the page cache comes from there; all else comes
   * from the disk alone, where the file system can do that: the operating system then neither reads
   * further than it was asked to nor keeps what it has read.
   *
   * @param part of {@link #bytes}
   * @param target takes as many bytes as {@code part} has
   * @param scratch at an address that {@link #ALIGNMENT} divides, with room for that many bytes
   *     more than {@code part} has, twice
   * @throws IOException as {@link #read}
   */
  public void readOnce(MemorySegment part, ByteBuffer target, ByteBuffer scratch)
      throws IOException {
    if (uncached.isEmpty() || part.isLoaded()) {
      read(part, target);
      return;
    }
    long offset = offset(part);
    int before = Math.toIntExact(offset % ALIGNMENT);
    int size = Math.toIntExact(part.byteSize());
    int whole = Math.ceilDiv(before + size, ALIGNMENT) * ALIGNMENT;
    scratch.clear().limit(whole);
    while (scratch.position() < before + size) {
      int count = uncached.get().read(scratch, offset - before + scratch.position());
      if (count < 0 || (count % ALIGNMENT != 0 && scratch.position() < before + size)) {
        throw new EOFException(SHORTER);
      }
    }
    target.put(scratch.slice(before, size));
  }

  private static Optional<FileChannel> uncached(Path path) {
    if (PAST_CACHE.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(FileChannel.open(path, StandardOpenOption.READ, PAST_CACHE.get()));
    } catch (IOException | UnsupportedOperationException e) {
      // Not every file system can; the page cache always does.
      return Optional.empty();
    }
  }

  /** By its name, because it is no part of the standard library, and a JDK may not have it. */
  private static Optional<OpenOption> pastCache() {
    try {
      return Stream.of(Class.forName("com.sun.nio.file.ExtendedOpenOption").getEnumConstants())
          .filter(option -> option.toString().equals("DIRECT"))
          .map(OpenOption.class::cast)
          .findFirst();
    } catch (ClassNotFoundException e) {
      return Optional.empty();
    }
  }

  /** Unmaps the file; every later access to its bytes throws. */
  @Override
  public void close() {
    if (!arena.scope().isAlive()) {
      return;
    }
    OPEN.remove(bytes.address(), this);
    try {
      channel.close();
      if (uncached.isPresent()) {
        uncached.get().close();
      }
    } catch (IOException e) {
      throw new EnvironmentException(
          path.toString(), "cannot be closed: " + e, "check the disk it is on", e);
    } finally {
      arena.close();
    }
  }

  private long offset(MemorySegment part) {
    return part.address() - bytes.address();
  }
}
