package io.moetool.transforms.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.moetool.formats.BadInputException;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.TinyCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MaskFileTest {
  private static final String TEXT =
      """
      [
        [1, 0, 1, 0, 1, 0, 1, 0],
        [0, 0, 0, 0, 1, 1, 1, 1]
      ]
      """;

  @TempDir private Path folder;

  @Test
  void whatIsReadIsPlannedAndWrittenAgain() throws IOException {
    try (SourceModel source = new TinyCheckpoint().open(folder.resolve("model"), 1)) {
      MaskFile.Choice choice = read(TEXT);
      Plan plan =
          new Planner(source.architecture(), source.tensors(), "sha256:model", "test")
              .prune(choice.evidence(), PlanRequest.of(choice.target()));

      assertThat(plan.kept().get(1)).containsExactly(0, 2, 4, 6);
      assertThat(plan.kept().get(2)).containsExactly(4, 5, 6, 7);
      assertThat(plan.method()).isEqualTo("mask");
      assertThat(plan.options().target()).isEqualTo("keep 4");
      assertThat(MaskFile.text(plan)).isEqualTo(TEXT);
      MaskFile.write(plan, folder.resolve("written.json"));
      assertThat(folder.resolve("written.json")).hasContent(TEXT);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | a list of rows is expected, found OBJECT",
        "[] | it has rows for 0 layers, the model has experts in 2",
        "[[1,0,1,0,1,0,1,0]] | it has rows for 1 layers",
        "[[1,0,1,0,1,0,1,0], 3] | row 1 (layer 2): a list is expected, found NUMBER",
        "[[1,0,1,0,1,0,1,0], [1]] | row 1 (layer 2): it has 1 numbers, the model has 8 experts",
        "[[1,0,1,0,1,0,1,0], [1,0,1,0,1,0,1,2]] | row 1 (layer 2): expert 7 has 2, neither 0 nor 1",
        "[[1,0,1,0,1,0,1,-1], []] | row 0 (layer 1): expert 7 has -1",
        "[[1,0,1,0,1,0,1,1.0], []] | expert 7 has 1.0",
        "[[1,0,1,0,1,0,1,true], []] | expert 7 has true",
        "[[1,0,1,0,1,0,1,null], []] | expert 7 has null",
        "[[1,0,1,0,1,0,1,4294967297], []] | expert 7 has 4294967297",
        "[[1,0,1,0,1,0,1,0]] [] | mask.json line 1 column",
        "[[1,0 | mask.json line 1 column",
      })
  void whatIsNoMaskIsRefusedWithItsPlace(String text, String problem) {
    assertThatExceptionOfType(BadInputException.class)
        .isThrownBy(() -> read(text))
        .withMessageContaining(problem);
  }

  /** Whatever becomes of a character, the mask is read or refused, and read as it was at most. */
  @Test
  void damageAtRandomIsReadOrRefused() throws IOException {
    SplittableRandom random = new SplittableRandom(20250107);
    String alphabet = "01-2.eE[]{},:\" ntrufals\u0000\u00e9\ud83d";
    int refused = 0;
    for (int trial = 0; trial < 2000; trial++) {
      StringBuilder damaged = new StringBuilder(TEXT);
      for (int edit = random.nextInt(3); edit >= 0; edit--) {
        int at = random.nextInt(damaged.length());
        char other = alphabet.charAt(random.nextInt(alphabet.length()));
        switch (random.nextInt(3)) {
          case 0 -> damaged.setCharAt(at, other);
          case 1 -> damaged.insert(at, other);
          default -> damaged.deleteCharAt(at);
        }
      }
      try {
        MaskFile.Choice choice = read(damaged.toString());
        assertThat(choice.evidence().layers()).hasSize(2);
      } catch (BadInputException e) {
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(1000);
  }

  private MaskFile.Choice read(String text) {
    Path file = folder.resolve("mask.json");
    try {
      Files.writeString(file, text.replace('\ud83d', '?'));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return MaskFile.read(file, "sha256:model", List.of(1, 2), 8);
  }
}
