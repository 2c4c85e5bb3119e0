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
