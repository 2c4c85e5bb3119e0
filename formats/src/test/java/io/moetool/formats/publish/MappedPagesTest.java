package io.moetool.formats.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MappedPagesTest {
  @TempDir Path folder;

  @Test
  void bytesThatWereGivenBackCanBeReadAgain() throws IOException {
    Path file = Files.write(folder.resolve("f"), new byte[] {1, 2, 3});
    try (Arena arena = Arena.ofConfined();
        MappedPages pages = new MappedPages()) {
      MemorySegment mapped = map(file, arena);
      pages.passed(mapped.asSlice(0, 2));
      pages.passed(mapped.asSlice(2));
      MappedPages.release(mapped);
      assertThat(mapped.toArray(ValueLayout.JAVA_BYTE)).containsExactly(1, 2, 3);
    }
  }

  @Test
  void bytesThatWereClosedMeanwhileAreNoConcern() throws IOException {
    Path file = Files.write(folder.resolve("f"), new byte[] {1, 2, 3});
    try (MappedPages pages = new MappedPages()) {
      try (Arena arena = Arena.ofShared()) {
        pages.passed(map(file, arena));
      }
      assertThatCode(() -> pages.passed(MemorySegment.NULL)).doesNotThrowAnyException();
    }
  }

  @Test
  void ordinaryMemoryIsLeftAlone() {
    MemorySegment bytes = MemorySegment.ofArray(new byte[] {7});
    MappedPages.release(bytes);
    assertThat(bytes.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 7);
  }

  private static MemorySegment map(Path file, Arena arena) throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      return channel.map(MapMode.READ_ONLY, 0, channel.size(), arena);
    }
  }
}
