package io.moetool.runtime.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moetool.formats.BadInputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DataReaderTest {
  private static final ModelInput TEXT = ModelInput.ofText(50, 100);
  private static final ModelInput SOURCE = new ModelInput(50, 100, OptionalInt.of(7));

  @TempDir private Path folder;

  @Test
  void rowsOfIdsNeedNoTokenizer() throws IOException {
    SequenceData data =
        read(
            DataLimits.ofLength(100),
            "{\"tokens\":[1,2,3],\"domain\":\"a\"}\n\n{\"tokens\":[4,5]}\n");
    assertThat(data.sequences()).hasSize(2);
    assertThat(data.sequences().getFirst().toArray()).containsExactly(1, 2, 3);
    assertThat(data.domains()).containsExactly("a", "all");
    assertThat(data.predicted()).isEqualTo(3);
  }

  @Test
  void rowsAreCutToTheSequenceLength() throws IOException {
    assertThat(read(DataLimits.ofLength(2), "{\"tokens\":[1,2,3]}").tokens()).isEqualTo(2);
  }

  @Test
  void readingStopsAtTheLimits() throws IOException {
    String rows = "{\"tokens\":[1,2,3]}\n".repeat(5);
    assertThat(read(new DataLimits(10, 2, 100), rows).sequences()).hasSize(2);
    assertThat(read(new DataLimits(10, 100, 7), rows).tokens()).isEqualTo(7);
  }

  @Test
  void fingerprintTellsWhereOneSequenceEnds() throws IOException {
    String joined = read(DataLimits.ofLength(9), "{\"tokens\":[1,2,3,4]}").fingerprint();
    String split =
        read(DataLimits.ofLength(9), "{\"tokens\":[1,2]}\n{\"tokens\":[3,4]}").fingerprint();
    assertThat(joined).startsWith("sha256:").isNotEqualTo(split);
  }

  /** Whatever becomes of some bytes, rows of ids in the vocabulary are read or the file refused. */
  @Test
  void damageAtRandomIsReadOrRefused() throws IOException {
    byte[] telling =
        "0123456789-.eE[]{},:\"\\u \ntruefalsn\0\u00ff".getBytes(StandardCharsets.ISO_8859_1);
    byte[] sound =
        "{\"tokens\":[1,2,3],\"domain\":\"a\"}\n{\"tokens\":[4,49]}\n"
            .getBytes(StandardCharsets.UTF_8);
    SplittableRandom random = new SplittableRandom(20250108);
    Path file = folder.resolve("damaged.jsonl");
    int refused = 0;
    for (int trial = 0; trial < 3000; trial++) {
      byte[] damaged = sound.clone();
      for (int edit = random.nextInt(3); edit >= 0; edit--) {
        damaged[random.nextInt(damaged.length)] = telling[random.nextInt(telling.length)];
      }
      Files.write(file, damaged);
      try {
        for (TokenSequence sequence :
            DataReader.read(
                    List.of(file), DataReaderTest::noTokenizer, TEXT, DataLimits.ofLength(9))
                .sequences()) {
          assertThat(Arrays.stream(sequence.toArray()).boxed())
              .isNotEmpty()
              .allMatch(token -> token >= 0 && token < 50);
        }
      } catch (BadInputException e) {
        assertThat(e).hasMessageContaining("damaged.jsonl");
        refused++;
      }
    }
    assertThat(refused).isBetween(1000, 2999);
  }

  private static Tokenizer noTokenizer() {
    throw new BadInputException("damaged.jsonl", "there is no tokenizer", "give tokens");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "{\"tokens\":[1,99]}|token id 99 is outside the model's vocabulary of 50",
        "{\"tokens\":[1,-1]}|token id -1 is outside",
        "{\"tokens\":[1,2.5]}|token 1 is 2.5",
        "{\"tokens\":\"1\"}|a row needs either",
        "{\"tokens\":[1,2],\"text\":\"x\"}|a row needs either",
        "{\"domain\":3,\"tokens\":[1,2]}|\"domain\" is no string",
        "{}|a row needs either",
        "[1]|a JSON object is expected",
        "{\"tokens\":[1]}|no row has two tokens or more",
      })
  void badRowsAreRefusedWithTheirLine(String row, String reason) {
    assertThatThrownBy(() -> read(DataLimits.ofLength(10), row))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("data.jsonl")
        .hasMessageContaining(reason);
  }

  @Test
  void otherEndingsAreRefused() {
    assertThatThrownBy(() ->
            DataReader.read(
                List.of(Path.of("data.csv")), DataReaderTest::none, TEXT, DataLimits.ofLength(5)))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("data files end in .jsonl or .txt");
  }

  @Test
  void anEncodersSourceIsReadAndTheDecodersStartPutInFront() throws IOException {
    SequenceData data =
        read(
            SOURCE,
            DataLimits.ofLength(100),
            "{\"sourceTokens\":[1,2,3],\"tokens\":[4,5],\"domain\":\"a\"}\n");
    TokenSequence sequence = data.sequences().getFirst();
    assertThat(sequence.sourceToArray()).containsExactly(1, 2, 3);
    assertThat(sequence.toArray()).containsExactly(7, 4, 5);
    assertThat(sequence.predicted()).isEqualTo(2);
    assertThat(sequence.domain()).isEqualTo("a");
  }

  @Test
  void sourceAndTextAreCutToTheSequenceLengthEach() throws IOException {
    String row = "{\"sourceTokens\":[1,2,3,4],\"tokens\":[5,6,7,8]}";
    TokenSequence sequence = read(SOURCE, DataLimits.ofLength(3), row).sequences().getFirst();
    assertThat(sequence.sourceToArray()).containsExactly(1, 2, 3);
    assertThat(sequence.toArray()).containsExactly(7, 5, 6);
  }

  @Test
  void sourcesCountAsTokensAndStayWhole() throws IOException {
    String rows = "{\"sourceTokens\":[1,2,3],\"tokens\":[4,5]}\n".repeat(3);
    SequenceData data = read(SOURCE, new DataLimits(10, 100, 11), rows);
    assertThat(data.sequences()).extracting(TokenSequence::length).containsExactly(3, 2);
    assertThat(read(SOURCE, new DataLimits(10, 100, 10), rows).sequences()).hasSize(1);
  }

  @Test
  void fingerprintTellsSourcesFromTexts() throws IOException {
    String one = "{\"sourceTokens\":[1,2],\"tokens\":[3]}";
    String other = "{\"sourceTokens\":[1],\"tokens\":[2,3]}";
    assertThat(read(SOURCE, DataLimits.ofLength(9), one).fingerprint())
        .isNotEqualTo(read(SOURCE, DataLimits.ofLength(9), other).fingerprint())
        .isNotEqualTo(read(DataLimits.ofLength(9), "{\"tokens\":[7,3]}").fingerprint());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "{\"tokens\":[1,2]}|the model's encoder needs either \"source\"",
        "{\"tokens\":[1,2],\"sourceTokens\":[]}|the model's encoder needs either",
        "{\"tokens\":[1,2],\"sourceTokens\":[1],\"source\":\"x\"}|the model's encoder needs either",
        "{\"tokens\":[1,2],\"sourceTokens\":[50]}|token id 50 is outside",
        "{\"sourceTokens\":[1]}|a row needs either \"text\"",
        "{\"sourceTokens\":[1,2,3,4,5,6,7,8,9,1],\"tokens\":[1]}|no row has a text",
      })
  void rowsWithoutAUsableSourceAreRefused(String row, String reason) {
    assertThatThrownBy(() -> read(SOURCE, new DataLimits(10, 10, 10), row))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("data.jsonl")
        .hasMessageContaining(reason);
  }

  @Test
  void aDocumentIsNoDataForAnEncoder() throws IOException {
    Path file = Files.writeString(folder.resolve("data.txt"), "a text");
    assertThatThrownBy(() ->
            DataReader.read(List.of(file), DataReaderTest::none, SOURCE, DataLimits.ofLength(5)))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("a document has no source");
  }

  @ParameterizedTest
  @CsvSource({"source", "sourceTokens"})
  void aSourceThatNobodyWouldReadIsRefused(String key) {
    String row = "{\"tokens\":[1,2],\"%s\":[1]}".formatted(key);
    assertThatThrownBy(() -> read(DataLimits.ofLength(10), row))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("the model has no encoder to read it");
  }

  @Test
  void modelsThatAreComparedReadTheSame() {
    assertThat(SOURCE.sharedWith(new ModelInput(50, 60, OptionalInt.of(7))).maxPositions())
        .isEqualTo(60);
    assertThatThrownBy(() -> SOURCE.sharedWith(TEXT))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("it lacks an encoder that reads a source, the base has one");
    assertThatThrownBy(() -> SOURCE.sharedWith(new ModelInput(50, 60, OptionalInt.of(8))))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("its decoder begins with token 8, the base's with 7");
  }

  private SequenceData read(DataLimits limits, String rows) throws IOException {
    return read(TEXT, limits, rows);
  }

  private SequenceData read(ModelInput input, DataLimits limits, String rows) throws IOException {
    Path file = Files.writeString(folder.resolve("data.jsonl"), rows);
    return DataReader.read(List.of(file), DataReaderTest::none, input, limits);
  }

  private static Tokenizer none() {
    throw new AssertionError("no text, no tokenizer");
  }
}
