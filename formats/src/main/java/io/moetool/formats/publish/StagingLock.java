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
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The exclusive right to a staging folder: an operating-system lock on a file in it, which ends
 * with the process however that ends.
 */
final class StagingLock {
  static final String FILE = "lock";

  /** Somebody else may remove the folder each time we have just seen it. */
  private static final int ATTEMPTS = 100;

  /**
   * Folders locked by this process. The operating system would let go of a lock as soon as the same
   * process closed another channel to the file, so it must not be probed from here.
   */
  private static final Set<Path> HELD_HERE = ConcurrentHashMap.newKeySet();

  private final Path real;
  private final FileChannel channel;

  private StagingLock(Path real, FileChannel channel) {
    this.real = real;
    this.channel = channel;
  }

  /**
   * Creates the folder if it is not there, and locks it.
   *
   * @throws BadInputException if another run holds it
   */
  static StagingLock take(Path staging) {
    try {
      Path real = real(staging);
      if (!HELD_HERE.add(real)) {
        throw held(staging);
      }
      @Nullable StagingLock lock = null;
      try {
        for (int attempt = 1; lock == null && attempt <= ATTEMPTS; attempt++) {
          lock = attempt(staging, real);
        }
      } finally {
        if (lock == null) {
          HELD_HERE.remove(real);
        }
      }
      if (lock == null) {
        throw new IOException("it is removed again and again");
      }
      return lock;
    } catch (IOException e) {
      throw new EnvironmentException(
          staging.toString(),
          "cannot be created: " + e,
          "check the folder above and its permissions",
          e);
    }
  }

  void release() {
    closeQuietly(channel);
    HELD_HERE.remove(real);
  }

  /** Whether a process holds the lock of a folder. */
  static boolean isHeld(Path staging) {
    Path file = staging.resolve(FILE);
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      return false;
    }
    try {
      if (HELD_HERE.contains(real(staging))) {
        return true;
      }
      try (FileChannel other = FileChannel.open(file, StandardOpenOption.WRITE);
          FileLock probe = other.tryLock()) {
        return probe == null;
      }
    } catch (OverlappingFileLockException e) {
      return true;
    } catch (NoSuchFileException e) {
      return false;
    } catch (IOException e) {
      // Not ours to open: then it is somebody else's.
      return true;
    }
  }

  static BadInputException held(Path staging) {
    return new BadInputException(
        staging.toString(),
        "another run of moetool is writing this output now",
        "wait for it, stop it, or choose another folder");
  }

  /** The lock; null if the folder was removed under our hands. */
  private static @Nullable StagingLock attempt(Path staging, Path real) throws IOException {
    boolean made = make(staging);
    try {
      return lock(staging, real);
    } catch (NoSuchFileException e) {
      return null;
    } catch (IOException e) {
      if (made) {
        deleteQuietly(staging);
      }
      throw e;
    }
  }

  private static boolean make(Path staging) throws IOException {
    try {
      Files.createDirectory(staging);
      return true;
    } catch (FileAlreadyExistsException e) {
      if (!Files.isDirectory(staging, LinkOption.NOFOLLOW_LINKS)) {
        throw e;
      }
      return false;
    }
  }

  private static @Nullable StagingLock lock(Path staging, Path real) throws IOException {
    Path file = staging.resolve(FILE);
    @Nullable FileChannel channel = null;
    boolean locked = false;
    try {
      create(file);
      @Nullable Object key = key(file);
      channel = FileChannel.open(file, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
      if (channel.tryLock() == null) {
        throw held(staging);
      }
      // A file that was unlinked, or replaced, before we locked it locks nothing.
      locked = Objects.equals(key, key(file));
      return locked ? new StagingLock(real, channel) : null;
    } catch (OverlappingFileLockException e) {
      throw held(staging);
    } finally {
      if (!locked) {
        closeQuietly(channel);
      }
    }
  }

  private static void create(Path file) throws IOException {
    try {
      Files.createFile(file);
    } catch (FileAlreadyExistsException e) {
      // Of an earlier run, or of one that is going on: the lock will tell.
    }
  }

  /** Tells this file from another of the same name; null where the file system cannot. */
  private static @Nullable Object key(Path file) throws IOException {
    return Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
        .fileKey();
  }

  private static Path real(Path staging) throws IOException {
    Path parent = staging.toAbsolutePath().getParent();
    return parent == null ? staging : parent.toRealPath().resolve(staging.getFileName());
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

  private static void deleteQuietly(Path staging) {
    try {
      Files.deleteIfExists(staging.resolve(FILE));
      Files.deleteIfExists(staging);
    } catch (IOException e) {
      // The failure that led here is the one to report.
    }
  }
}
