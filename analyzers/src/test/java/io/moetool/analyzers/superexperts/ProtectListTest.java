package io.moetool.analyzers.superexperts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.moetool.analyzers.statistics.Statistics;
import io.moetool.analyzers.statistics.Synthetic;
import io.moetool.formats.BadInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProtectListTest {
  @TempDir Path folder;

  /** Six layers of 32: the rule looks at the first four, where one output is six times the next. */
  @Test
  void anOutlierIsNamedWithItsRule() {
    Statistics statistics = planted();

    ProtectList list = ProtectList.of(statistics);
    assertThat(list.model()).hasValue(statistics.model().fingerprint());
    assertThat(list.experts())
        .containsExactly(new ProtectList.Entry(1, 7, "super expert, largest output 12.00"));
    assertThat(list.rule())
        .isEqualTo(
            "super experts: largest |output| set apart from the others' by a factor of at least 2"
                + " (128 experts in the first three quarters of the layers)");
  }

  @Test
  void amongManyExpertsThePublishedRuleDecides() {
    double[] layer = new double[2000];
    Arrays.fill(layer, 1);
    layer[3] = 744;
    layer[9] = 540;

    ProtectList list = ProtectList.of(Synthetic.withLargestOutputs(layer, layer, layer, layer));
    assertThat(list.experts()).hasSize(6);
    assertThat(list.rule()).contains("above 74.40, ").contains("(6000 experts ");
  }

  /** Two kinds of experts are no outliers: protecting half of a tiny model would forbid pruning. */
  @Test
  void aGapThatDividesTheExpertsNamesNobody() {
    Statistics statistics = Synthetic.withLargestOutputs(new double[] {9, 8, 7, 1, 1, 1});
    assertThat(ProtectList.of(statistics).experts()).isEmpty();
  }

  @Test
  void withoutDataNobodyIsKnown() {
    Statistics nothing = Statistics.none(planted().model());
    assertThat(ProtectList.of(nothing).experts()).isEmpty();
    assertThat(ProtectList.of(nothing).rule()).contains("was not run on data");
  }

  @Test
  void aListIsReadAsItWasWritten() throws IOException {
    Statistics statistics = planted();
    Path file = folder.resolve("protect.json");
    ProtectList.of(statistics).write(file);

    assertThat(ProtectList.read(file, statistics.model())).isEqualTo(ProtectList.of(statistics));
    assertThat(Files.readString(file))
        .endsWith(
            """
              "experts": [ {
                "layer": 1,
                "expert": 7,
                "reason": "super expert, largest output 12.00"
              } ]
            }
            """);
  }

  @Test
  void whatDoesNotFitTheModelIsRefused() {
    refuse("\"expert\": 7", "\"expert\": 32", "there is no expert 32 in layer 1");
    refuse("\"expert\": 7", "\"expert\": -1", "there is no expert -1 in layer 1");
    refuse("\"layer\": 1", "\"layer\": 6", "there is no expert 7 in layer 6");
    refuse("\"model\": \"", "\"model\": \"x", "it is about another model: x");
    refuse("\"expert\"", "\"exprt\"", "line 7 column");
    refuse("\"formatVersion\": 1", "\"formatVersion\": 2", "formatVersion is 2, 1 is expected");
    refuse(
        "\\[ \\{",
        "[ {\"layer\": 1, \"expert\": 7, \"reason\": \"\"}, {",
        "expert 7 of layer 1 is named twice");
  }

  @Test
  void aListWithoutAModelHoldsForAnyThatFits() {
    Path file = edited("\"model\": \"[^\"]*\"", "\"model\": null");
    assertThat(ProtectList.read(file, planted().model()).experts()).hasSize(1);
  }

  private void refuse(String from, String to, String message) {
    assertThatExceptionOfType(BadInputException.class)
        .isThrownBy(() -> ProtectList.read(edited(from, to), planted().model()))
        .withMessageStartingWith(folder.toString())
        .withMessageContaining(message);
  }

  private Path edited(String from, String to) {
    Path file = folder.resolve("protect.json");
    try {
      ProtectList.of(planted()).write(file);
      return Files.writeString(file, Files.readString(file).replaceFirst(from, to));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static Statistics planted() {
    List<double[]> layers = new ArrayList<>();
    for (int layer = 0; layer < 6; layer++) {
      double[] outputs = new double[32];
      Arrays.fill(outputs, 2);
      layers.add(outputs);
    }
    layers.get(1)[7] = 12;
    layers.get(5)[0] = 900;
    return Synthetic.withLargestOutputs(layers.toArray(double[][]::new));
  }
}
