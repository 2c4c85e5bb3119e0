package io.moetool.formats.publish;

import io.moetool.formats.BadInputException;
import io.moetool.formats.EnvironmentException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * The exclusive right to fill a staging folder. Creating the folder takes it; an operating-system
 * lock on a file inside tells a folder that is being filled from one that a killed process left
 * behind.
 */
final class StagingLock {
  static final String FILE = ".moetool-lock";

  private final Path file;
  private final FileChannel channel;

  private StagingLock(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  static StagingLock take(Path staging) {
    try {
      Files.createDirectory(staging);
    } catch (FileAlreadyExistsException e) {
      throw taken(staging);
    } catch (IOException e) {
      throw cannotCreate(staging, e);
    }
    Path file = staging.resolve(FILE);
    @Nullable FileChannel channel = null;
    try {
      channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      if (channel.tryLock() == null) {
        throw new IOException("a new file is locked by another process");
      }
      return new StagingLock(file, channel);
    } catch (IOException e) {
      closeQuietly(channel);
      deleteQuietly(staging);
      throw cannotCreate(staging, e);
    }
  }

  /** The file goes before the folder gets its final name; the lock itself is held on. */
  void removeFile() throws IOException {
    Files.deleteIfExists(file);
  }

  void release() {
    closeQuietly(channel);
  }

  static boolean discardLeftover(Path staging) {
    if (!Files.isDirectory(staging, LinkOption.NOFOLLOW_LINKS)) {
      return false;
    }
    if (isHeld(staging)) {
      throw taken(staging);
    }
    try {
      // Renamed first, so that a process we failed to notice cannot publish half of the folder.
      Path doomed = staging.resolveSibling(staging.getFileName() + ".discarded");
      Files.move(staging, doomed, StandardCopyOption.ATOMIC_MOVE);
      FileTree.delete(doomed);
      return true;
    } catch (IOException e) {
      throw new EnvironmentException(
          staging.toString(), "cannot be removed: " + e, "remove that folder", e);
    }
  }

  private static BadInputException taken(Path staging) {
    return isHeld(staging)
        ? new BadInputException(
            staging.toString(),
            "another run of moetool is writing this output now",
            "wait for it, stop it, or choose another folder")
        : new BadInputException(
            staging.toString(),
            "an earlier run was ended before it could finish or clean up",
            "remove that folder and run again");
  }

  private static boolean isHeld(Path staging) {
    try (FileChannel other = FileChannel.open(staging.resolve(FILE), StandardOpenOption.WRITE);
        FileLock probe = other.tryLock()) {
      return probe == null;
    } catch (OverlappingFileLockException e) {
      return true;
    } catch (NoSuchFileException e) {
      return false;
    } catch (IOException e) {
      // Not ours to open: then it is somebody else's.
      return true;
    }
  }

  private static EnvironmentException cannotCreate(Path staging, IOException e) {
    return new EnvironmentException(
        staging.toString(),
        "cannot be created: " + e,
        "check the folder above and its permissions",
        e);
  }

  private static void closeQuietly(@Nullable FileChannel channel) {
    if (channel != null) {
      try {
        channel.close();
      } catch (IOException e) {
        // Nothing was written through it; closing it only gives the lock back.
      }
    }
  }

  private static void deleteQuietly(Path folder) {
    try {
      FileTree.delete(folder);
    } catch (IOException e) {
      // The failure that led here is the one to report.
    }
  }
}
