package io.moetool.runtime.run;

import io.moetool.formats.EnvironmentException;
import io.moetool.formats.publish.DiskSpace;
import io.moetool.kernels.FloatMatrix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Hidden states in a file instead of memory, for as long as an arena lives. */
final class StateFile {
  private static final String NAME = "hidden-states";
  private static final int BLOCK = 1 << 20;

  private StateFile() {}

  /**
   * A matrix of zeros in a new file.
   *
   * @param folder takes the file
   * @throws EnvironmentException if the disk refuses or has no room
   */
  static FloatMatrix create(Arena arena, Path folder, int rows, int columns) {
    long bytes = Math.multiplyExact((long) Float.BYTES * rows, columns);
    DiskSpace.require(folder, bytes);
    Path file = reserve(folder);
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      fill(channel, bytes);
      MemorySegment mapped = channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes, arena);
      unlink(file);
      return FloatMatrix.over(mapped, rows, columns);
    } catch (IOException e) {
      throw refusal(file, e);
    }
  }

  /** An empty file of a name that no other has: the folder may be everybody's. */
  private static Path reserve(Path folder) {
    try {
      return Files.createTempFile(folder, NAME, "");
    } catch (IOException e) {
      throw refusal(folder, e);
    }
  }

  private static EnvironmentException refusal(Path place, IOException e) {
    return new EnvironmentException(
        place.toString(),
        "hidden states cannot be put there: " + e,
        "check the disk and its free space, or give a larger --memory-limit",
        e);
  }

  /** A file with holes would end the process where the disk is full once they are written to. */
  private static void fill(FileChannel channel, long bytes) throws IOException {
    ByteBuffer zeros = ByteBuffer.allocateDirect(BLOCK);
    for (long done = 0; done < bytes; ) {
      zeros.clear().limit((int) Math.min(BLOCK, bytes - done));
      done += channel.write(zeros);
    }
  }

  /**
   * Takes the name away, so that nothing is left however the process ends. Where files that are
   * open keep their names (Windows), it goes with its folder.
   */
  private static void unlink(Path file) {
    try {
      Files.delete(file);
    } catch (IOException e) {
      file.toFile().deleteOnExit();
    }
  }
}
