package io.moetool.formats.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moetool.formats.BadInputException;
import io.moetool.formats.DType;
import io.moetool.formats.Shape;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorView;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsFileTest {
  private static final String TWO =
      """
      {"b":{"dtype":"I16","shape":[2],"data_offsets":[2,6]},
       "a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}\
      """;

  @TempDir Path folder;

  @Test
  void viewsShowTheStoredBytes() throws IOException {
    Path path =
        Files.write(folder.resolve("m.safetensors"), Image.of(TWO, new byte[] {7, 8, 1, 0, 2, 1}));
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      assertThat(file.names()).containsExactly("a", "b");
      assertThat(file.contains("a")).isTrue();
      assertThat(file.contains("c")).isFalse();
      assertThat(file.info("b")).isEqualTo(new TensorInfo("b", DType.I16, Shape.of(2)));
      assertThat(file.view("a").bytes().toArray(ValueLayout.JAVA_BYTE)).containsExactly(7, 8);
      assertThat(file.view("b").bytes().toArray(ValueLayout.JAVA_SHORT_UNALIGNED))
          .containsExactly(1, 258);
      assertThat(file.location("b")).isEqualTo(path.toString());
    }
  }

  @Test
  void aViewDiesWithItsFile() throws IOException {
    Path path = Files.write(folder.resolve("m.safetensors"), Image.of(TWO, new byte[6]));
    TensorView view;
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      view = file.view("a");
    }
    assertThatThrownBy(() -> view.bytes().get(ValueLayout.JAVA_BYTE, 0))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void anUnknownTensorIsNamedWithItsFile() throws IOException {
    Path path = Files.write(folder.resolve("m.safetensors"), Image.of(TWO, new byte[6]));
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      assertThatThrownBy(() -> file.view("c"))
          .isInstanceOf(BadInputException.class)
          .hasMessage(
              path
                  + ": there is no tensor 'c'\n"
                  + "  check that the weights belong to the config.json beside them");
    }
  }

  @Test
  void aMissingFileIsBadInput() {
    Path path = folder.resolve("none.safetensors");
    assertThatThrownBy(() -> SafetensorsFile.open(path))
        .isInstanceOf(BadInputException.class)
        .hasMessage(path + ": no such file\n  check the path");
  }

  @Test
  void anEmptyFileIsBadInput() throws IOException {
    Path path = Files.createFile(folder.resolve("empty.safetensors"));
    assertThatThrownBy(() -> SafetensorsFile.open(path))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("0 bytes are too few");
  }

  @Test
  void tensorsBeyondFourGigabytesAreReached() throws IOException {
    // A sparse file: it takes no disk, and reading it touches a few pages.
    long wide = 5L << 30;
    SafetensorsHeader header =
        SafetensorsHeader.of(
            List.of(
                new TensorInfo("wide", DType.U8, Shape.of(5, 1L << 30)),
                new TensorInfo("behind", DType.I32, Shape.of(1))),
            Map.of());
    Path path = folder.resolve("sparse.safetensors");
    try (FileChannel channel =
        FileChannel.open(
            path,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.WRITE,
            StandardOpenOption.SPARSE)) {
      channel.write(ByteBuffer.wrap(header.toBytes()));
      channel.write(ByteBuffer.wrap(new byte[] {9}), header.dataStart() + wide - 1);
      channel.write(ByteBuffer.wrap(new byte[] {1, 2, 0, 0}), header.dataStart() + wide);
    }
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      MemorySegment last = file.view("wide").slice(4);
      assertThat(last.byteSize()).isEqualTo(1L << 30);
      assertThat(last.get(ValueLayout.JAVA_BYTE, (1L << 30) - 1)).isEqualTo((byte) 9);
      assertThat(last.get(ValueLayout.JAVA_BYTE, (1L << 30) - 2)).isZero();
      assertThat(file.view("behind").bytes().get(ValueLayout.JAVA_INT_UNALIGNED, 0)).isEqualTo(513);
    }
  }
}
