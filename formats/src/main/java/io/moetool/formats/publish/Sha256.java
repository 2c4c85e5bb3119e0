package io.moetool.formats.publish;

import io.moetool.formats.EnvironmentException;
import io.moetool.formats.MappedFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;

/** SHA-256 of bytes wherever they lie, as lower-case hex. */
public final class Sha256 {
  private static final int BLOCK = 1 << 20;

  private final MessageDigest digest = newDigest();

  /** A digest of nothing yet. */
  public Sha256() {}

  /**
   * Digest of a stretch of memory. Mapped pages are given back once they are read.
   *
   * @throws EnvironmentException if it lies in a mapped file that cannot be read
   */
  public static String of(MemorySegment bytes) {
    Optional<MappedFile> file = bytes.byteSize() < BLOCK ? Optional.empty() : MappedFile.of(bytes);
    return file.isPresent() ? of(file.get(), bytes) : ofMemory(bytes);
  }

  private static String of(MappedFile file, MemorySegment bytes) {
    Sha256 hash = new Sha256();
    long size = bytes.byteSize();
    try (Arena arena = Arena.ofConfined()) {
      ByteBuffer block = arena.allocate(BLOCK).asByteBuffer();
      for (long at = 0; at < size; at += BLOCK) {
        file.read(bytes.asSlice(at, Math.min(BLOCK, size - at)), block.clear());
        hash.update(block.flip());
      }
      return hash.hex();
    } catch (IOException e) {
      throw new EnvironmentException(
          file.path().toString(),
          "cannot be read: " + e.getMessage(),
          "check the disk, and that nothing changes the file meanwhile",
          e);
    }
  }

  private static String ofMemory(MemorySegment bytes) {
    Sha256 hash = new Sha256();
    long size = bytes.byteSize();
    try (MappedPages pages = new MappedPages()) {
      for (long at = 0; at < size; at += BLOCK) {
        MemorySegment block = bytes.asSlice(at, Math.min(BLOCK, size - at));
        hash.update(block);
        pages.passed(block);
      }
    }
    return hash.hex();
  }

  /** Digest of a text's UTF-8 bytes. */
  public static String of(String text) {
    return of(MemorySegment.ofArray(text.getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * Digest of a file's bytes.
   *
   * @throws EnvironmentException if it cannot be read
   */
  public static String of(Path file) {
    Sha256 hash = new Sha256();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      ByteBuffer block = ByteBuffer.allocateDirect(BLOCK);
      while (channel.read(block) >= 0) {
        hash.update(block.flip());
        block.clear();
      }
      return hash.hex();
    } catch (IOException e) {
      throw new EnvironmentException(
          file.toString(), "cannot be read: " + e.getMessage(), "check the path and the disk", e);
    }
  }

  /** Adds bytes. */
  public void update(MemorySegment bytes) {
    for (long at = 0; at < bytes.byteSize(); at += BLOCK) {
      update(bytes.asSlice(at, Math.min(BLOCK, bytes.byteSize() - at)).asByteBuffer());
    }
  }

  /** Adds what remains in {@code bytes}, whose position moves to its limit. */
  public void update(ByteBuffer bytes) {
    digest.update(bytes);
  }

  /** The digest of all bytes so far; starts again from nothing. */
  public String hex() {
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest newDigest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
