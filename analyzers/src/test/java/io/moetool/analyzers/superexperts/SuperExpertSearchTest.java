package io.moetool.analyzers.superexperts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.moetool.analyzers.statistics.Statistics;
import io.moetool.analyzers.statistics.Synthetic;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SuperExpertSearchTest {

  /** 0.1, 0.2 … 20.0: rank 0.995 · 199 = 198.005 lies between 19.9 and 20.0. */
  @Test
  void thePercentileIsInterpolatedAndTheThresholdIsStrict() {
    double[] values = IntStream.rangeClosed(1, 200).mapToDouble(i -> i / 10.0).toArray();
    assertThat(SuperExpertSearch.threshold(values)).isCloseTo(19.9005, within(1e-12));

    SuperExpertSearch search = SuperExpertSearch.over(Synthetic.withLargestOutputs(values));
    assertThat(search.byPaper()).containsExactly(new SuperExpert(0, 199, 20.0));
    assertThat(search.robust()).isEmpty();
  }

  @Test
  void theOrderOfExpertsDoesNotMatter() {
    double[] values =
        IntStream.rangeClosed(1, 200).mapToDouble(i -> (i * 77 % 200 + 1) / 10.0).toArray();
    assertThat(SuperExpertSearch.threshold(values)).isCloseTo(19.9005, within(1e-12));
  }

  /**
   * Largest outputs of published models among experts with 1, and how many super experts they have.
   */
  @ParameterizedTest
  @CsvSource({
    "6144, 744 540 430 63.5 19.1, 3, 3",
    "1782, 1424 462 112.5 89.5 37.5, 2, 2",
    "192, 5600 302 286 258 253, 1, 1",
    "400, 100 50, 2, 2",
    "200, 100 50, 1, 2"
  })
  void publishedModelsHaveTheirSuperExperts(int experts, String top, int byPaper, int robust) {
    double[] values = new double[experts];
    Arrays.fill(values, 1);
    String[] largest = top.split(" ", -1);
    for (int i = 0; i < largest.length; i++) {
      values[7 * i + 3] = Double.parseDouble(largest[i]);
    }
    SuperExpertSearch search = SuperExpertSearch.over(Synthetic.withLargestOutputs(values));

    assertThat(search.byPaper()).hasSize(byPaper);
    assertThat(search.robust()).hasSize(robust);
    assertThat(search.robust().getFirst().expert()).isEqualTo(3);
  }

  /** Three quarters of 4 layers are 3: the outlier in the last one is not looked at. */
  @Test
  void aDepthLimitLooksAtTheFirstLayersOfTheModelDenseOnesIncluded() {
    Statistics statistics =
        Synthetic.withLargestOutputs(
            new double[0],
            new double[] {1, 1, 30},
            new double[] {1, 1, 1},
            new double[] {1, 900, 1});

    assertThat(SuperExpertSearch.over(statistics).byPaper())
        .containsExactly(new SuperExpert(3, 1, 900));
    assertThat(SuperExpertSearch.over(statistics, 0.75).byPaper())
        .containsExactly(new SuperExpert(1, 2, 30));
    assertThat(SuperExpertSearch.over(statistics, 0.75).candidates()).isEqualTo(6);
  }

  /** Half of 5 layers are 2, half of 7 are 4: ties round to even. */
  @Test
  void aDepthLimitRoundsHalfToEven() {
    double[][] five =
        IntStream.range(0, 5).mapToObj(i -> new double[] {i}).toArray(double[][]::new);
    double[][] seven =
        IntStream.range(0, 7).mapToObj(i -> new double[] {i}).toArray(double[][]::new);
    assertThat(SuperExpertSearch.over(Synthetic.withLargestOutputs(five), .5).candidates())
        .isEqualTo(2);
    assertThat(SuperExpertSearch.over(Synthetic.withLargestOutputs(seven), .5).candidates())
        .isEqualTo(4);
  }

  @Test
  void equalOutputsHaveNoSuperExpert() {
    SuperExpertSearch search =
        SuperExpertSearch.over(Synthetic.withLargestOutputs(new double[] {3, 3, 3}));
    assertThat(search.byPaper()).isEmpty();
    assertThat(search.robust()).isEmpty();
  }

  @Test
  void expertsThatWereNeverChosenAreCountedButSetNobodyApart() {
    SuperExpertSearch search =
        SuperExpertSearch.over(Synthetic.withLargestOutputs(new double[] {5, 4, 3, 0}));
    assertThat(search.candidates()).isEqualTo(4);
    assertThat(search.robust()).isEmpty();
  }
}
