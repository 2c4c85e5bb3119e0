package io.moetool.formats.publish;

import io.moetool.formats.EnvironmentException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file without a name that anybody could find, for what is computed before it can be written
 * where it belongs and is too large for memory. It is gone when it is closed, or the process ends.
 */
public final class ScratchFile implements AutoCloseable {
  private static final int PIECE = 1 << 26;

  private final Path folder;
  private final FileChannel channel;
  private long size;

  private ScratchFile(Path folder, FileChannel channel) {
    this.folder = folder;
    this.channel = channel;
  }

  /**
   * A new file on the disk that {@code target} is to be on.
   *
   * @throws EnvironmentException if none can be made there
   */
  public static ScratchFile beside(Path target) {
    Path folder =
        DiskSpace.existingAncestor(target.toAbsolutePath().normalize().resolveSibling("."));
    try {
      Path file = Files.createTempFile(folder, ".moetool-", ".scratch");
      return new ScratchFile(
          folder,
          FileChannel.open(
              file,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.DELETE_ON_CLOSE));
    } catch (IOException e) {
      throw failed(folder, e);
    }
  }

  /**
   * Appends bytes.
   *
   * @return where they begin
   * @throws EnvironmentException if the disk has no room or refuses
   */
  public long append(MemorySegment bytes) {
    long begin = size;
    try {
      for (long from = 0; from < bytes.byteSize(); from += PIECE) {
        ByteBuffer piece =
            bytes.asSlice(from, Math.min(PIECE, bytes.byteSize() - from)).asByteBuffer();
        while (piece.hasRemaining()) {
          size += channel.write(piece, size);
        }
      }
    } catch (IOException e) {
      throw failed(folder, e);
    }
    return begin;
  }

  /** Bytes that were appended, where they lie; valid as long as the arena. */
  public MemorySegment map(Arena arena, long from, long bytes) {
    try {
      return channel.map(MapMode.READ_ONLY, from, bytes, arena);
    } catch (IOException e) {
      throw failed(folder, e);
    }
  }

  private static EnvironmentException failed(Path folder, IOException cause) {
    return new EnvironmentException(
        folder.toString(),
        "a scratch file cannot be used there: " + cause.getMessage(),
        "free disk space, or choose a folder on another disk",
        cause);
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw failed(folder, e);
    }
  }
}
