package io.moetool.analyzers.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class FoldedWeightsTest {
  @Test
  void shortVectorsStayAsTheyAre() {
    FoldedWeights folded = new FoldedWeights();
    folded.add(new float[] {1, -2, 9}, 2);
    folded.add(new float[] {3}, 1);
    assertThat(folded.toArray()).startsWith(1, -2, 3).hasSize(FoldedWeights.LENGTH);
  }

  /** Ones at different places of different stretches do not meet, whatever their signs. */
  @Test
  void placesThatDoNotMeetKeepTheirProducts() {
    float[] ones = new float[4 * FoldedWeights.LENGTH];
    for (int stretch = 0; stretch < 4; stretch++) {
      ones[stretch * FoldedWeights.LENGTH + stretch] = 1;
    }
    assertThat(product(folded(ones), folded(ones))).isEqualTo(4);
  }

  @Test
  void productsOfLongVectorsAreKeptButForASmallError() {
    int length = 20 * FoldedWeights.LENGTH;
    SplittableRandom random = new SplittableRandom(3);
    float[] first = new float[length];
    float[] second = new float[length];
    double exact = 0;
    for (int i = 0; i < length; i++) {
      first[i] = (float) random.nextDouble(-1, 1);
      second[i] = (float) (first[i] + 2 * random.nextDouble(-1, 1));
      exact += (double) first[i] * second[i];
    }
    double lengths = length / 3.0 * Math.sqrt(5);
    assertThat(product(folded(first), folded(second)) / lengths)
        .isCloseTo(exact / lengths, within(4.0 / 256));
  }

  private static float[] folded(float[] values) {
    FoldedWeights folded = new FoldedWeights();
    for (int from = 0; from < values.length; from += 50_000) {
      int length = Math.min(50_000, values.length - from);
      folded.add(Arrays.copyOfRange(values, from, from + length), length);
    }
    return folded.toArray();
  }

  private static double product(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }
}
