package io.moetool.formats.safetensors;

import static org.assertj.core.api.Assertions.assertThat;

import io.moetool.formats.BadInputException;
import io.moetool.formats.DType;
import io.moetool.formats.Shape;
import io.moetool.formats.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class HeaderFuzzTest {
  /**
   * Bytes that mean something to a header, so that changes get past the JSON parser now and then.
   */
  private static final byte[] TELLING =
      "0123456789-.eE[]{},:\"\\u tdsFUI_\0\u00ff".getBytes(StandardCharsets.ISO_8859_1);

  private static final List<DType> DTYPES = List.of(DType.values());

  static LongStream seeds() {
    return LongStream.rangeClosed(1, Long.getLong("moetool.cases", 50));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void headersSurviveARoundTrip(long seed) {
    SafetensorsHeader header = random(new SplittableRandom(seed));
    byte[] image = image(header);
    SafetensorsHeader read = Image.parse(image);
    assertThat(read.tensors()).containsExactlyEntriesOf(header.tensors());
    assertThat(read.metadata()).containsExactlyEntriesOf(header.metadata());
    assertThat(read.dataStart()).isEqualTo(header.dataStart()).isEqualTo(header.toBytes().length);
    assertThat(read.fileBytes()).isEqualTo(image.length);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void damageIsReportedAsBadInputOrIsHarmless(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    byte[] image = image(random(random));
    for (int i = 0; i < 50; i++) {
      byte[] damaged = damaged(image, random);
      try {
        // Whatever is accepted must keep the promise of the class: tensors tile the data.
        SafetensorsHeader header = Image.parse(damaged);
        assertThat(header.fileBytes()).isEqualTo(damaged.length);
        long at = 0;
        for (StoredTensor tensor : header.tensors().values()) {
          assertThat(tensor.begin()).isEqualTo(at);
          assertThat(tensor.end() - tensor.begin()).isEqualTo(tensor.info().byteSize());
          at = tensor.end();
        }
      } catch (BadInputException e) {
        assertThat(e).hasMessageStartingWith("m.safetensors");
      }
    }
  }

  private static byte[] damaged(byte[] image, SplittableRandom random) {
    byte[] bytes = image.clone();
    int changes = random.nextInt(1, 4);
    for (int i = 0; i < changes; i++) {
      int at = random.nextInt(bytes.length);
      switch (random.nextInt(6)) {
        case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 1, 2 -> bytes[at] = TELLING[random.nextInt(TELLING.length)];
        case 3 -> bytes = Arrays.copyOf(bytes, at + 1);
        case 4 -> {
          // A stretch of the file once more, somewhere else: doubled names, doubled fields.
          int length = Math.min(random.nextInt(80), bytes.length - at);
          int to = random.nextInt(bytes.length - length + 1);
          System.arraycopy(bytes, at, bytes, to, length);
        }
        default -> {
          if (bytes.length >= 8) {
            long length = random.nextInt(4) == 0 ? random.nextLong() : random.nextInt(bytes.length);
            ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(0, length);
          }
        }
      }
    }
    return bytes;
  }

  private static byte[] image(SafetensorsHeader header) {
    return Arrays.copyOf(header.toBytes(), Math.toIntExact(header.fileBytes()));
  }

  private static SafetensorsHeader random(SplittableRandom random) {
    List<TensorInfo> tensors = new ArrayList<>();
    int count = random.nextInt(12);
    for (int i = 0; i < count; i++) {
      DType dtype = DTYPES.get(random.nextInt(DTYPES.size()));
      long[] dims = random.longs(random.nextInt(4), 0, 5).toArray();
      // Packed types end on a byte when the last extent is a multiple of 4.
      Shape shape = dtype.bits() < 8 ? Shape.of(dims.length, 4) : Shape.of(dims);
      tensors.add(new TensorInfo("t" + i + name(random), dtype, shape));
    }
    Map<String, String> metadata = new TreeMap<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      metadata.put("k" + i + name(random), name(random) + "\u0000\n");
    }
    return SafetensorsHeader.of(tensors, metadata);
  }

  private static String name(SplittableRandom random) {
    StringBuilder name = new StringBuilder();
    for (int i = random.nextInt(8); i > 0; i--) {
      int c = random.nextInt(0x20, 0x11000);
      boolean usable =
          Character.isDefined(c) && !Character.isISOControl(c) && (c < 0xd800 || c > 0xdfff);
      name.appendCodePoint(usable ? c : '"');
    }
    return name.toString();
  }
}
