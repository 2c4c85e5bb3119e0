package io.moetool.formats.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moetool.formats.DType;
import io.moetool.formats.EnvironmentException;
import io.moetool.formats.OutputTensor;
import io.moetool.formats.Shape;
import io.moetool.formats.TensorContent;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.publish.Sha256;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.formats.publish.WrittenFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsWriterTest {
  @TempDir Path folder;

  @Test
  void theFileIsHeaderAndBytesBackToBack() throws IOException {
    Path path = folder.resolve("m.safetensors");
    WrittenFile written =
        SafetensorsWriter.write(
            path,
            List.of(u8("b", 1, 2, 3, 4), u8("a", 5)),
            SafetensorsWriter.CHECKPOINT_METADATA,
            WriteProgress.none());
    String header =
        "{\"__metadata__\":{\"format\":\"pt\"},"
            + "\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},"
            + "\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[4,5]}}";
    String padded = header + " ".repeat((8 - header.length() % 8) % 8);
    assertThat(Files.readAllBytes(path)).isEqualTo(Image.of(padded, new byte[] {1, 2, 3, 4, 5}));
    assertThat(written.name()).isEqualTo("m.safetensors");
    assertThat(written.bytes()).isEqualTo(Files.size(path));
  }

  @Test
  void hashesAreThoseOfTheBytes() throws IOException {
    Path path = folder.resolve("m.safetensors");
    WrittenFile written =
        SafetensorsWriter.write(
            path,
            List.of(u8("abc", 'a', 'b', 'c'), u8("none")),
            SafetensorsWriter.CHECKPOINT_METADATA,
            WriteProgress.none());
    // FIPS 180-2, appendix B.1, and the digest of nothing.
    assertThat(written.tensors())
        .containsExactly(
            Map.entry("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            Map.entry("none", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    assertThat(written.sha256())
        .isEqualTo(Sha256.of(MemorySegment.ofArray(Files.readAllBytes(path))));
  }

  @Test
  void contentOfAnySizeAndInAnyPiecesArrives() throws IOException {
    // Pieces below, at and above the size of a block, so that block borders fall everywhere.
    SplittableRandom random = new SplittableRandom(7);
    int[] sizes = {0, 1, 4 << 20, (4 << 20) + 1, 9_999_999, 3, (8 << 20) - 8};
    List<OutputTensor> tensors = new ArrayList<>();
    List<byte[]> contents = new ArrayList<>();
    for (int i = 0; i < sizes.length; i++) {
      byte[] content = new byte[sizes[i]];
      random.nextBytes(content);
      contents.add(content);
      tensors.add(
          new OutputTensor(
              new TensorInfo("t" + i, DType.U8, Shape.of(sizes[i])),
              inPieces(content, 1 + i * 12_345)));
    }
    Path path = folder.resolve("m.safetensors");
    WrittenFile written =
        SafetensorsWriter.write(
            path, tensors, SafetensorsWriter.CHECKPOINT_METADATA, WriteProgress.none());
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      assertThat(file.names()).containsExactly("t0", "t1", "t2", "t3", "t4", "t5", "t6");
      for (int i = 0; i < sizes.length; i++) {
        assertThat(file.view("t" + i).bytes().mismatch(MemorySegment.ofArray(contents.get(i))))
            .isEqualTo(-1);
        assertThat(written.tensors())
            .containsEntry("t" + i, Sha256.of(MemorySegment.ofArray(contents.get(i))));
      }
    }
    assertThat(written.sha256()).isEqualTo(Sha256.of(path));
  }

  @Test
  void memoryOfOneThreadOnlyMayBeContent() {
    try (Arena confined = Arena.ofConfined()) {
      MemorySegment bytes = confined.allocateFrom(ValueLayout.JAVA_BYTE, new byte[] {9, 8});
      Path path = folder.resolve("m.safetensors");
      SafetensorsWriter.write(
          path,
          List.of(
              new OutputTensor(
                  new TensorInfo("t", DType.U8, Shape.of(2)), TensorContent.of(List.of(bytes)))),
          SafetensorsWriter.CHECKPOINT_METADATA,
          WriteProgress.none());
      try (SafetensorsFile file = SafetensorsFile.open(path)) {
        assertThat(file.view("t").bytes().mismatch(bytes)).isEqualTo(-1);
      }
    }
  }

  @Test
  void aBufferMayBeReusedOnceItWasTaken() {
    byte[] buffer = new byte[1000];
    TensorContent content =
        sink -> {
          for (byte i = 0; i < 10; i++) {
            Arrays.fill(buffer, i);
            sink.write(MemorySegment.ofArray(buffer));
          }
        };
    Path path = folder.resolve("m.safetensors");
    SafetensorsWriter.write(
        path,
        List.of(new OutputTensor(new TensorInfo("t", DType.U8, Shape.of(10, 1000)), content)),
        SafetensorsWriter.CHECKPOINT_METADATA,
        WriteProgress.none());
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      for (int i = 0; i < 10; i++) {
        assertThat(file.view("t").slice(i).toArray(ValueLayout.JAVA_BYTE)).containsOnly(i);
      }
    }
  }

  @Test
  void theGivenOrderIsKeptWhileElementsStayAligned() {
    SafetensorsHeader layout =
        SafetensorsWriter.layout(
            List.of(
                new TensorInfo("half", DType.BF16, Shape.of(2)),
                new TensorInfo("single", DType.F32, Shape.of(1)),
                new TensorInfo("byte", DType.U8, Shape.of(3))));
    assertThat(layout.tensors().sequencedKeySet()).containsExactly("half", "single", "byte");
  }

  @Test
  void widerElementsGoFirstWhereTheGivenOrderWouldMisalign() {
    SafetensorsHeader layout =
        SafetensorsWriter.layout(
            List.of(
                new TensorInfo("scale", DType.F8_E8M0, Shape.of(3)),
                new TensorInfo("b", DType.BF16, Shape.of(1)),
                new TensorInfo("blocks", DType.U8, Shape.of(5)),
                new TensorInfo("a", DType.BF16, Shape.of(1)),
                new TensorInfo("f", DType.F32, Shape.of(1))));
    assertThat(layout.tensors().sequencedKeySet())
        .containsExactly("f", "b", "a", "scale", "blocks");
  }

  @Test
  void aContentOfAnotherSizeIsAMistakeOfTheCaller() {
    TensorInfo info = new TensorInfo("t", DType.BF16, Shape.of(2));
    assertThatThrownBy(() -> write(new OutputTensor(info, inPieces(new byte[3], 1))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("content of tensor t is 1 bytes too short");
    assertThatThrownBy(() -> write(new OutputTensor(info, inPieces(new byte[6], 6))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("content of tensor t is at least 2 bytes too long");
  }

  @Test
  void aFailingDiskIsReportedWithItsFile() {
    TensorContent failing =
        sink -> {
          throw new IOException("Input/output error");
        };
    Path path = folder.resolve("x.safetensors");
    OutputTensor tensor = new OutputTensor(new TensorInfo("t", DType.U8, Shape.of(2)), failing);
    assertThatThrownBy(() ->
            SafetensorsWriter.write(
                path, List.of(tensor), SafetensorsWriter.CHECKPOINT_METADATA, WriteProgress.none()))
        .isInstanceOf(EnvironmentException.class)
        .hasMessage(
            path
                + ": cannot be written: java.io.IOException: Input/output error\n"
                + "  check the disk and its free space");
  }

  @Test
  void aFileWithBytesIsNotWrittenOver() throws IOException {
    Path path = Files.write(folder.resolve("m.safetensors"), new byte[] {1});
    assertThatThrownBy(() ->
            SafetensorsWriter.write(
                path,
                List.of(u8("a", 1)),
                SafetensorsWriter.CHECKPOINT_METADATA,
                WriteProgress.none()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(path + " is there already and not empty");
    assertThat(Files.readAllBytes(path)).containsExactly(1);
  }

  @Test
  void progressRisesToTheSizeOfTheFile() throws IOException {
    List<Long> reports = new ArrayList<>();
    List<Long> totals = new ArrayList<>();
    Path path = folder.resolve("m.safetensors");
    OutputTensor tensor =
        new OutputTensor(
            new TensorInfo("t", DType.U8, Shape.of(10 << 20)),
            inPieces(new byte[10 << 20], 1 << 20));
    SafetensorsWriter.write(
        path,
        List.of(tensor),
        SafetensorsWriter.CHECKPOINT_METADATA,
        (done, total) -> {
          reports.add(done);
          totals.add(total);
        });
    assertThat(reports).isSorted().hasSizeGreaterThan(2).endsWith(Files.size(path));
    assertThat(totals).containsOnly(Files.size(path));
  }

  private void write(OutputTensor tensor) throws IOException {
    SafetensorsWriter.write(
        Files.createTempFile(folder, "t", ".safetensors"),
        List.of(tensor),
        SafetensorsWriter.CHECKPOINT_METADATA,
        WriteProgress.none());
  }

  private static OutputTensor u8(String name, int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return new OutputTensor(
        new TensorInfo(name, DType.U8, Shape.of(bytes.length)),
        TensorContent.of(List.of(MemorySegment.ofArray(bytes))));
  }

  private static TensorContent inPieces(byte[] content, int pieceBytes) {
    return sink -> {
      for (int at = 0; at < content.length; at += pieceBytes) {
        int count = Math.min(pieceBytes, content.length - at);
        sink.write(MemorySegment.ofArray(content).asSlice(at, count));
      }
    };
  }
}
