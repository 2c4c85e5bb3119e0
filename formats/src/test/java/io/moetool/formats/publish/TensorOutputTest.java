package io.moetool.formats.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moetool.formats.EnvironmentException;
import io.moetool.formats.MappedFile;
import io.moetool.formats.TensorContent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorOutputTest {
  /** Pieces that are copied, pieces that are read, and both around the size of a block. */
  private static final int[] SIZES = {
    5, 300_000, 1, (4 << 20) + 3, 131_071, 131_072, 0, 9_000_001, 77, 4 << 20
  };

  @TempDir Path folder;

  @Test
  void piecesOfAMappedFileArriveInOrder() throws IOException {
    byte[] source = new byte[Arrays.stream(SIZES).sum() + 1];
    new SplittableRandom(3).nextBytes(source);
    ByteArrayOutputStream expected = new ByteArrayOutputStream();
    List<String> hashes = new ArrayList<>();
    Path out = folder.resolve("out");
    try (MappedFile in = MappedFile.open(Files.write(folder.resolve("in"), source))) {
      MemorySegment mapped = in.bytes();
      WrittenFile written;
      try (FileChannel channel = created(out);
          WriteBuffers buffers = new WriteBuffers();
          TensorOutput output = new TensorOutput(channel, buffers, done -> {})) {
        output.write(MemorySegment.ofArray(new byte[] {1, 2, 3}));
        expected.write(new byte[] {1, 2, 3});
        // From the end, so that no piece continues the one before.
        int end = source.length;
        for (int size : SIZES) {
          end -= size;
          byte[] bytes = Arrays.copyOfRange(source, end, end + size);
          MemorySegment first = mapped.asSlice(end, size / 2);
          MemorySegment second = mapped.asSlice(end + size / 2, size - size / 2);
          output.write("t" + hashes.size(), size, TensorContent.of(List.of(first, second)));
          expected.write(bytes);
          hashes.add(Sha256.of(MemorySegment.ofArray(bytes)));
        }
        written = output.finish("out");
      }
      assertThat(Files.readAllBytes(out)).isEqualTo(expected.toByteArray());
      assertThat(written.tensors().values()).containsExactlyElementsOf(hashes);
      assertThat(written.bytes()).isEqualTo(expected.size());
      assertThat(written.sha256()).isEqualTo(Sha256.of(out));
    }
  }

  @Test
  void aWritableMappingMayBeReusedOnceItWasTaken() throws IOException {
    Path out = folder.resolve("out");
    int size = 1 << 20;
    try (Arena arena = Arena.ofShared();
        FileChannel scratch =
            FileChannel.open(
                Files.write(folder.resolve("scratch"), new byte[size]),
                StandardOpenOption.READ,
                StandardOpenOption.WRITE);
        FileChannel channel = created(out);
        WriteBuffers buffers = new WriteBuffers();
        TensorOutput output = new TensorOutput(channel, buffers, done -> {})) {
      MemorySegment buffer = scratch.map(MapMode.READ_WRITE, 0, size, arena);
      output.write(
          "t",
          20L * size,
          sink -> {
            for (int i = 0; i < 20; i++) {
              buffer.fill((byte) i);
              sink.write(buffer);
            }
          });
      output.finish("out");
    }
    byte[] bytes = Files.readAllBytes(out);
    for (int i = 0; i < 20; i++) {
      assertThat(Arrays.mismatch(bytes, i * size, (i + 1) * size, filled(size, i), 0, size))
          .isEqualTo(-1);
    }
  }

  @Test
  void aSourceThatShrinksMeanwhileIsReportedWithItsTensor() throws IOException {
    Path in = Files.write(folder.resolve("in"), new byte[3 << 20]);
    try (MappedFile source = MappedFile.open(in);
        FileChannel channel = created(folder.resolve("out"));
        WriteBuffers buffers = new WriteBuffers();
        TensorOutput output = new TensorOutput(channel, buffers, done -> {})) {
      MemorySegment mapped = source.bytes();
      try (FileChannel shrunk = FileChannel.open(in, StandardOpenOption.WRITE)) {
        shrunk.truncate(1 << 20);
      }
      output.write("w", mapped.byteSize(), TensorContent.of(List.of(mapped)));
      assertThatThrownBy(() -> output.finish("out"))
          .isInstanceOf(EnvironmentException.class)
          .hasMessage(
              "w: its source could not be read to the end\n"
                  + "  check the disk, and that nothing changes the source meanwhile");
    }
  }

  @Test
  void whatTheDiskRefusesIsReported() throws IOException {
    Path out = folder.resolve("out");
    try (MappedFile source = MappedFile.open(Files.write(folder.resolve("in"), new byte[1 << 20]));
        FileChannel channel = FileChannel.open(Files.createFile(out), StandardOpenOption.READ);
        WriteBuffers buffers = new WriteBuffers();
        TensorOutput output = new TensorOutput(closed(channel), buffers, done -> {})) {
      MemorySegment mapped = source.bytes();
      output.write("w", mapped.byteSize(), TensorContent.of(List.of(mapped)));
      assertThatThrownBy(() -> output.finish("out")).isInstanceOf(IOException.class);
    }
  }

  private static FileChannel created(Path path) throws IOException {
    return FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  }

  private static FileChannel closed(FileChannel channel) throws IOException {
    channel.close();
    return channel;
  }

  private static byte[] filled(int size, int value) {
    byte[] bytes = new byte[size];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }
}
