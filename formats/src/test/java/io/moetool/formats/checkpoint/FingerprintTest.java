package io.moetool.formats.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.moetool.formats.DType;
import io.moetool.formats.OutputTensor;
import io.moetool.formats.Shape;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.json.Json;
import io.moetool.formats.publish.Leftover;
import io.moetool.formats.publish.Sha256;
import io.moetool.formats.publish.WriteProgress;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FingerprintTest {
  private static final String CONFIG = "{\"model_type\":\"qwen3_moe\",\"num_experts\":32}";

  @TempDir Path folder;
  private int checkpoints;

  @Test
  void itIsTheDigestOfTheDocumentedBytes() {
    byte[] large = new byte[70_001];
    for (int i = 0; i < large.length; i++) {
      large[i] = (byte) (i / 251);
    }
    ByteArrayOutputStream expected = new ByteArrayOutputStream();
    text(expected, "moetool-fingerprint-1");
    text(expected, CONFIG);
    number(expected, 2);
    text(expected, "large");
    text(expected, "U8");
    number(expected, 1);
    number(expected, 70_001);
    expected.write(large, 0, 16_384);
    expected.write(large, 26_808, 16_384);
    expected.write(large, 53_617, 16_384);
    text(expected, "small");
    text(expected, "U8");
    number(expected, 1);
    number(expected, 3);
    expected.writeBytes(new byte[] {1, 2, 3});
    assertThat(
            fingerprint(
                CONFIG,
                List.of(
                    List.of(
                        Tensors.of("small", (byte) 1, (byte) 2, (byte) 3),
                        Tensors.of("large", large)))))
        .isEqualTo("sha256:" + Sha256.of(MemorySegment.ofArray(expected.toByteArray())));
  }

  @Test
  void splittingAndOrderDoNotMatter() {
    OutputTensor a = Tensors.filled("a", 10, 1);
    OutputTensor b = Tensors.filled("b", 100_000, 2);
    OutputTensor c = Tensors.filled("c", 0, 3);
    assertThat(fingerprint(CONFIG, List.of(List.of(a, b, c))))
        .isEqualTo(fingerprint(CONFIG, List.of(List.of(c), List.of(b, a))))
        .isEqualTo(fingerprint(CONFIG, List.of(List.of(b), List.of(a), List.of(c))));
  }

  @Test
  void nameTypeShapeAndConfigMatter() {
    OutputTensor tensor = Tensors.filled("a", 4, 1);
    TensorInfo info = tensor.info();
    assertThat(
            List.of(
                fingerprint(CONFIG, tensor),
                fingerprint(CONFIG.replace("32", "16"), tensor),
                fingerprint(CONFIG, new OutputTensor(info.withName("b"), tensor.content())),
                fingerprint(
                    CONFIG, new OutputTensor(info.withShape(Shape.of(2, 2)), tensor.content())),
                fingerprint(
                    CONFIG,
                    new OutputTensor(new TensorInfo("a", DType.I8, Shape.of(4)), tensor.content())),
                fingerprint(CONFIG, tensor, Tensors.filled("empty", 0, 0))))
        .doesNotHaveDuplicates();
  }

  @ParameterizedTest(name = "byte {1} of {0}: seen {2}")
  @CsvSource({
    "65536, 0, true",
    "65536, 40000, true",
    "65536, 65535, true",
    "200000, 0, true",
    "200000, 16383, true",
    "200000, 16384, false",
    "200000, 91807, false",
    "200000, 91808, true",
    "200000, 108191, true",
    "200000, 108192, false",
    "200000, 183615, false",
    "200000, 183616, true",
    "200000, 199999, true"
  })
  void smallTensorsAreReadWholeAndLargeOnesAtThreePlaces(int size, int at, boolean seen) {
    byte[] bytes = new byte[size];
    String before = fingerprint(CONFIG, Tensors.of("t", bytes.clone()));
    bytes[at] = 1;
    assertThat(!fingerprint(CONFIG, Tensors.of("t", bytes)).equals(before)).isEqualTo(seen);
  }

  private String fingerprint(String config, OutputTensor... tensors) {
    return fingerprint(config, List.of(List.of(tensors)));
  }

  private String fingerprint(String config, List<List<OutputTensor>> shards) {
    Path out = folder.resolve("checkpoint-" + checkpoints++);
    CheckpointWriter.write(
        out,
        List.of(),
        Leftover.REFUSE,
        new CheckpointContent(shards, config, "", List.of()),
        CheckpointWriterTest.MANIFEST,
        WriteProgress.none());
    try (CheckpointStore store = CheckpointStore.open(out)) {
      return Fingerprint.of(Json.readObject(store.configFile()), store);
    }
  }

  private static void text(ByteArrayOutputStream out, String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    number(out, utf8.length);
    out.writeBytes(utf8);
  }

  private static void number(ByteArrayOutputStream out, long number) {
    out.writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(number).array());
  }
}
