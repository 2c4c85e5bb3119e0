package io.moetool.formats.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moetool.formats.EnvironmentException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Sha256Test {
  /** FIPS 180-2, appendix B.3: one million times the letter a. */
  private static final String MILLION_A =
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

  @TempDir Path folder;

  @Test
  void theStandardsExamplesComeOut() {
    assertThat(Sha256.of("abc"))
        .isEqualTo("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assertThat(Sha256.of(millionA())).isEqualTo(MILLION_A);
  }

  @Test
  void filesAndMappedFilesHashLikeMemory() throws IOException {
    Path file = folder.resolve("a");
    Files.writeString(file, "a".repeat(1_000_000));
    assertThat(Sha256.of(file)).isEqualTo(MILLION_A);
    try (Arena arena = Arena.ofConfined();
        FileChannel channel = FileChannel.open(file)) {
      MemorySegment mapped = channel.map(MapMode.READ_ONLY, 0, channel.size(), arena);
      // Twice: the first time its pages are given back, and must come again.
      assertThat(Sha256.of(mapped)).isEqualTo(MILLION_A);
      assertThat(Sha256.of(mapped)).isEqualTo(MILLION_A);
    }
  }

  @Test
  void whatComesInPartsHashesLikeTheWhole() {
    Sha256 hash = new Sha256();
    hash.update(millionA().asSlice(0, 77));
    hash.update(millionA().asSlice(77));
    assertThat(hash.hex()).isEqualTo(MILLION_A);
  }

  @Test
  void aFileThatCannotBeReadIsNamed() {
    Path file = folder.resolve("none");
    assertThatThrownBy(() -> Sha256.of(file))
        .isInstanceOf(EnvironmentException.class)
        .hasMessageStartingWith(file + ": cannot be read: ");
  }

  private static MemorySegment millionA() {
    byte[] bytes = new byte[1_000_000];
    Arrays.fill(bytes, (byte) 'a');
    return MemorySegment.ofArray(bytes);
  }
}
