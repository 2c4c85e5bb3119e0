package io.moetool.formats.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moetool.formats.BadInputException;
import io.moetool.formats.family.ModelConfig;
import io.moetool.formats.publish.StagingJournal;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Index, config, manifest and journal, damaged at random: bad input and a message, or no harm. */
class HostileJsonTest {
  private static final String INDEX =
      "{\"metadata\":{\"total_size\":8},\"weight_map\":{\"a\":\"x.safetensors\",\"b\":\"y.safetensors\"}}";
  private static final String CONFIG =
      "{\"model_type\":\"qwen3_moe\",\"num_experts\":8,\"rope_scaling\":{\"type\":\"yarn\",\"factor\":2.5},\"x\":[1,null]}";
  private static final String MANIFEST =
      "{\"formatVersion\":1,\"tool\":{\"name\":\"moetool\",\"version\":\"1\",\"java\":\"25\",\"os\":\"Linux\",\"arch\":\"amd64\"},"
          + "\"source\":{\"fingerprint\":\"sha256:00\",\"modelType\":\"m\"},\"plan\":{},"
          + "\"files\":{\"a\":{\"bytes\":3,\"sha256\":\"00\"}},"
          + "\"tensors\":{\"t\":{\"sha256\":\"00\",\"file\":\"a\",\"sources\":[\"t\"],\"identical\":true}}}";
  private static final String JOURNAL =
      """
      {"formatVersion":1,"work":{"plan":"x"},"files":2}
      {"name":"a","bytes":3,"sha256":"00","tensors":{"t":"00"}}
      """;

  /** Bytes that mean something in JSON, and some that are no text. */
  private static final byte[] TELLING =
      "0123456789-.eE[]{},:\"\\u \ntruefalsn\0\u00ff".getBytes(StandardCharsets.ISO_8859_1);

  @TempDir Path folder;

  static LongStream seeds() {
    return LongStream.rangeClosed(1, Long.getLong("moetool.cases", 50));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void damageIsBadInputOrHarmless(long seed) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < 20; i++) {
      for (String document : new String[] {INDEX, CONFIG, MANIFEST, JOURNAL}) {
        read(document, damaged(document.getBytes(StandardCharsets.UTF_8), random));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"[", "{\"a\":"})
  void nestingWithoutEndIsRefused(String opening) throws IOException {
    byte[] bomb = opening.repeat(200_000).getBytes(StandardCharsets.UTF_8);
    for (String document : new String[] {INDEX, CONFIG, MANIFEST}) {
      Path file = Files.write(folder.resolve("f.json"), bomb);
      assertThatThrownBy(() -> parse(document, file)).isInstanceOf(BadInputException.class);
    }
  }

  private void read(String document, byte[] damaged) throws IOException {
    Path file = Files.write(folder.resolve("f.json"), damaged);
    try {
      parse(document, file);
    } catch (BadInputException e) {
      assertThat(e).hasMessageStartingWith(file.toString());
    }
  }

  private static void parse(String document, Path file) {
    switch (document) {
      case INDEX -> CheckpointIndex.read(file);
      case CONFIG -> ModelConfig.read(file);
      case MANIFEST -> Manifest.read(file);
      default -> StagingJournal.read(file);
    }
  }

  private static byte[] damaged(byte[] text, SplittableRandom random) {
    byte[] bytes = text.clone();
    IntStream.range(0, random.nextInt(1, 4))
        .forEach(
            i -> bytes[random.nextInt(bytes.length)] = TELLING[random.nextInt(TELLING.length)]);
    return random.nextInt(5) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length)) : bytes;
  }
}
