package io.moetool.runtime.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moetool.formats.BadInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DataReaderTest {
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
                List.of(Path.of("data.csv")), DataReaderTest::none, 50, DataLimits.ofLength(5)))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("data files end in .jsonl or .txt");
  }

  private SequenceData read(DataLimits limits, String rows) throws IOException {
    Path file = Files.writeString(folder.resolve("data.jsonl"), rows);
    return DataReader.read(List.of(file), DataReaderTest::none, 50, limits);
  }

  private static Tokenizer none() {
    throw new AssertionError("no text, no tokenizer");
  }
}
