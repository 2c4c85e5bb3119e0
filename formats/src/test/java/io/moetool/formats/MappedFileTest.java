package io.moetool.formats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MappedFileTest {
  @TempDir Path folder;

  @Test
  void aPartTellsItsFileAndIsReadFromIt() throws IOException {
    try (MappedFile one = MappedFile.open(written("one", 10, 11, 12, 13, 14));
        MappedFile other = MappedFile.open(written("other", 20, 21, 22))) {
      MemorySegment part = one.bytes().asSlice(1, 3);
      assertThat(MappedFile.of(part)).containsSame(one);
      assertThat(MappedFile.of(other.bytes().asSlice(2))).containsSame(other);
      ByteBuffer target = ByteBuffer.allocate(6).position(2);
      one.read(part, target);
      assertThat(target.position()).isEqualTo(5);
      assertThat(target.array()).containsExactly(0, 0, 11, 12, 13, 0);
    }
  }

  /** From and to all kinds of places, and up to the end of the file, which is no whole page. */
  @Test
  void aPartNeededOnceIsTheSamePart() throws IOException {
    byte[] content = new byte[3 * MappedFile.ALIGNMENT + 1234];
    new SplittableRandom(5).nextBytes(content);
    try (MappedFile file = MappedFile.open(Files.write(folder.resolve("in"), content));
        Arena arena = Arena.ofConfined()) {
      ByteBuffer scratch =
          arena.allocate(6L * MappedFile.ALIGNMENT, MappedFile.ALIGNMENT).asByteBuffer();
      for (int[] part :
          new int[][] {
            {0, content.length}, {0, 4096}, {1, 4096}, {4095, 2}, {4096, 8192}, {9000, 4522}
          }) {
        ByteBuffer target = ByteBuffer.allocate(part[1] + 2).position(1);
        file.readOnce(file.bytes().asSlice(part[0], part[1]), target, scratch);
        assertThat(target.position()).isEqualTo(part[1] + 1);
        assertThat(Arrays.copyOfRange(target.array(), 1, part[1] + 1))
            .isEqualTo(Arrays.copyOfRange(content, part[0], part[0] + part[1]));
      }
      try (FileChannel channel = FileChannel.open(file.path(), StandardOpenOption.WRITE)) {
        channel.truncate(5000);
      }
      assertThatThrownBy(() ->
              file.readOnce(file.bytes().asSlice(4000, 2000), ByteBuffer.allocate(2000), scratch))
          .isInstanceOf(EOFException.class);
    }
  }

  @Test
  void otherMemoryIsOfNoFile() throws IOException {
    Path path = written("in", 1, 2, 3);
    try (MappedFile file = MappedFile.open(path);
        Arena arena = Arena.ofConfined();
        FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      assertThat(MappedFile.of(MemorySegment.ofArray(new byte[3]))).isEmpty();
      assertThat(MappedFile.of(arena.allocate(3))).isEmpty();
      assertThat(MappedFile.of(channel.map(MapMode.READ_ONLY, 0, 3, arena))).isEmpty();
      assertThat(file.bytes().get(ValueLayout.JAVA_BYTE, 2)).isEqualTo((byte) 3);
    }
  }

  @Test
  void anEmptyFileHasNoBytes() throws IOException {
    try (MappedFile file = MappedFile.open(written("empty"))) {
      assertThat(file.bytes().byteSize()).isZero();
    }
  }

  @Test
  void aFileThatShrankIsNotReadPastItsEnd() throws IOException {
    Path path = written("in", 1, 2, 3, 4);
    try (MappedFile file = MappedFile.open(path)) {
      try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
        channel.truncate(2);
      }
      assertThatThrownBy(() -> file.read(file.bytes(), ByteBuffer.allocate(4)))
          .isInstanceOf(EOFException.class);
    }
  }

  @Test
  void closedFilesAreForgotten() throws IOException {
    MappedFile file = MappedFile.open(written("in", 1, 2, 3));
    MemorySegment bytes = file.bytes();
    file.close();
    file.close();
    assertThat(MappedFile.of(bytes)).isEmpty();
    assertThatThrownBy(() -> bytes.get(ValueLayout.JAVA_BYTE, 0))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aMissingFileIsNamed() {
    assertThatThrownBy(() -> MappedFile.open(folder.resolve("none")))
        .isInstanceOf(EnvironmentException.class)
        .hasMessageContaining("none: cannot be mapped into memory");
  }

  private Path written(String name, int... values) throws IOException {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return Files.write(folder.resolve(name), bytes);
  }
}
