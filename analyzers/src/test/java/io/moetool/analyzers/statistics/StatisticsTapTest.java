package io.moetool.analyzers.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.moetool.formats.BadInputException;
import io.moetool.kernels.FloatMatrix;
import io.moetool.runtime.run.MoeObservation;
import io.moetool.runtime.run.WorkPool;
import io.moetool.runtime.text.SequenceData;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Toy layer: logits (2,1,0,-1), (0,2,1,-1), (1,0,2,-1); the chosen pairs are {0,1}, {1,2}, {2,0}.
 */
class StatisticsTapTest {
  private static final Offset<Double> FLOAT32 = within(1e-6);
  private static final MeasuredModel MODEL =
      MeasuredModel.ofDecoder("sha256:m", "made_up", 3, List.of(0, 2), 7, 3, 19);

  @TempDir Path folder;

  private static ExpertSums toy(boolean renormalise) {
    return layer(renormalise).overall();
  }

  private static LayerStatistics layer(boolean renormalise) {
    return Observations.toy(renormalise).requireRouted().layers().getFirst();
  }

  @Test
  void everyTokenCountsForTheExpertsItChose() {
    assertThat(toy(true).counts()).containsExactly(2, 2, 2, 0);
    assertThat(toy(true).toArray(ExpertStatistic.GSUM))
        .containsExactly(new double[] {1, 1, 1, 0}, FLOAT32);
  }

  @Test
  void squaresOfCoefficientsAreSummed() {
    double expected = 0.73105858 * 0.73105858 + 0.26894142 * 0.26894142;
    assertThat(toy(true).get(ExpertStatistic.GSQ, 1)).isCloseTo(expected, FLOAT32);
  }

  @Test
  void scoresCountForAllTokensChosenOrNot() {
    assertThat(toy(true).toArray(ExpertStatistic.SOFT))
        .containsExactly(new double[] {.9679414, .9679414, .9679414, .0961758}, FLOAT32);
  }

  @Test
  void outputNormsAreThoseBeforeTheCoefficient() {
    assertThat(toy(true).toArray(ExpertStatistic.A1)).containsExactly(7, 14, 15, 0);
    assertThat(toy(true).mean(ExpertStatistic.A1)).containsExactly(3.5, 7, 7.5, 0);
    assertThat(toy(true).mean(ExpertStatistic.A2)).containsExactly(14.5, 85, 62.5, 0);
    assertThat(toy(true).toArray(ExpertStatistic.MX)).containsExactly(4, 12, 8, 0);
  }

  @Test
  void weightedNormsUseTheCoefficientOfTheModelsOwnRouter() {
    assertThat(toy(true).mean(ExpertStatistic.R1))
        .containsExactly(new double[] {2.09658787, 2.11364853, 3.17235355, 0}, FLOAT32);
    assertThat(toy(true).toArray(ExpertStatistic.R1))
        .containsExactly(new double[] {4.19317574, 4.22729706, 6.34470711, 0}, FLOAT32);
    assertThat(toy(false).mean(ExpertStatistic.R1))
        .containsExactly(new double[] {1.84666847, 1.86169545, 2.79419974, 0}, FLOAT32);
  }

  @Test
  void logitsAreKeptAsSumsAndProducts() {
    assertThat(toy(true).toArray(ExpertStatistic.ZSUM)).containsExactly(3, 3, 3, -3);
    SumMatrix products = layer(true).matrix(MatrixStatistic.ZGRAM);
    assertThat(products.get(0, 0)).isEqualTo(5);
    assertThat(products.get(0, 1)).isEqualTo(2).isEqualTo(products.get(1, 0));
    assertThat(products.cosine(0, 2)).isCloseTo(0.4, within(1e-15));
    assertThat(products.cosine(1, 3)).isCloseTo(-.77459667, within(1e-8));
  }

  /** Of the two largest logits the smaller has .269 of their softmax, more than a quarter. */
  @Test
  void scoresCountOverTokensThatAreSureOfTheExpert() {
    double both = .64391426 + .23688282;
    assertThat(toy(true).toArray(ExpertStatistic.TCESS))
        .containsExactly(new double[] {both, both, both, 0}, FLOAT32);
  }

  @Test
  void largestOutputsAreKeptWithTheirPlaces() {
    SumMatrix peaks = layer(true).matrix(MatrixStatistic.PEAKS);
    assertThat(peaks.values())
        .startsWith(4, 0, 1, -1, 12, 0, 1, -1, 8, 1, 0, -1)
        .endsWith(0, -1, -1, -1, 0, -1, -1, -1, 0, -1, -1, -1);
    SumMatrix turned =
        Observations.toyLayer(new float[][] {{1, 2}, {-5, 4}, {5, 3}})
            .matrix(MatrixStatistic.PEAKS);
    assertThat(turned.values()).endsWith(-5, 1, 0, 5);
  }

  @Test
  void expertsChosenTogetherAreCountedInPairs() {
    SumMatrix pairs = layer(true).matrix(MatrixStatistic.COACT);
    assertThat(pairs.values()).containsExactly(2, 1, 1, 0, 1, 2, 1, 0, 1, 1, 2, 0, 0, 0, 0, 0);
  }

  @Test
  void outputsAreSummedByExpert() {
    SumMatrix outputs = layer(true).matrix(MatrixStatistic.FSUM);
    assertThat(outputs.values()).containsExactly(5, 4, 6, 12, 8, 11, 0, 0);
  }

  /** g = 0.5, outputs (0,1) and (0,3), so the block adds (0,2) to (1,0). */
  @Test
  void tokensCountByHowFarTheRoutedExpertsTurnThem() {
    ExpertSums sums = contributions(new float[] {1, 0}, 0, new float[] {0, 1}, new float[] {0, 3});
    assertThat(sums.get(ExpertStatistic.EASY, 0)).isCloseTo(.276393, FLOAT32);
    assertThat(sums.get(ExpertStatistic.EASY, 1)).isCloseTo(.829180, FLOAT32);
  }

  /** g = 0.6 and 0.4, so (0.6,0.8) is added to (3,4). */
  @Test
  void aTokenThatKeepsItsDirectionDoesNotCount() {
    ExpertSums sums =
        contributions(
            new float[] {3, 4}, (float) Math.log(1.5), new float[] {1, 0}, new float[] {0, 2});
    assertThat(sums.get(ExpertStatistic.R1, 0)).isCloseTo(.6, FLOAT32);
    assertThat(sums.get(ExpertStatistic.EASY, 0)).isCloseTo(0, within(1e-12));
  }

  /** Outputs of norm 5 with coefficient 0.5: 2.5 times 1, and times 2 at the opposite direction. */
  @Test
  void rightAnglesCountOnceAndOppositeDirectionsTwice() {
    float[] toRightAngle = {-1, (float) Math.sqrt(24)};
    assertThat(
            contributions(new float[] {1, 0}, 0, toRightAngle, toRightAngle)
                .get(ExpertStatistic.EASY, 0))
        .isCloseTo(2.5, FLOAT32);
    float[] back = {-5, 0};
    assertThat(contributions(new float[] {1, 0}, 0, back, back).get(ExpertStatistic.EASY, 0))
        .isCloseTo(5, FLOAT32);
  }

  /** One token that chooses two experts, whose logits differ by {@code lead}. */
  private static ExpertSums contributions(
      float[] hidden, float lead, float[] first, float[] second) {
    try (Arena arena = Arena.ofConfined()) {
      FloatMatrix residual = FloatMatrix.copyOf(arena, hidden);
      return SequenceSums.of(
              Observations.routed(
                  arena,
                  0,
                  0,
                  Observations.data(List.of("all"), 1),
                  true,
                  2,
                  FloatMatrix.copyOf(arena, new float[] {1 + lead, 1}),
                  (expert, token) -> expert == 0 ? first : second,
                  residual,
                  residual))
          .sums();
    }
  }

  /**
   * Coefficients 0.5, outputs (0,2) and (2,2), hidden state (3,4) afterwards: the experts' parts
   * (0,1) and (1,1) have lengths 1 and √2 and the product 1, all over 25.
   */
  @Test
  void movesAreSharesOfTheHiddenStateAfterTheBlock() {
    float[] after = {3, 4};
    SequenceSums sums = oneOfTwo(after, new float[] {0, 2}, new float[] {2, 2});
    assertThat(sums.moves().toMatrix().values())
        .containsExactly(new double[] {.04, .04, .04, .08}, within(1e-15));
    assertThat(sums.sums().toArray(ExpertStatistic.SHIFT))
        .containsExactly(new double[] {.04, .08}, within(1e-15));
    assertThat(oneOfTwo(new float[2], new float[] {0, 2}, new float[] {2, 2}).moves().toMatrix())
        .extracting(matrix -> matrix.get(0, 0))
        .isEqualTo(0.0);
  }

  private static SequenceSums oneOfTwo(float[] after, float[] first, float[] second) {
    try (Arena arena = Arena.ofConfined()) {
      return SequenceSums.of(
          Observations.routed(
              arena,
              0,
              0,
              Observations.data(List.of("all"), 1),
              true,
              2,
              FloatMatrix.copyOf(arena, new float[] {1, 1}),
              (expert, token) -> expert == 0 ? first : second,
              FloatMatrix.copyOf(arena, new float[] {1, 0}),
              FloatMatrix.copyOf(arena, after)));
    }
  }

  @Test
  void domainsAreKeptApartAndAddUp() {
    Statistics statistics = run(1, IntStream.range(0, 12).boxed().toList());
    RoutedStatistics routed = statistics.requireRouted();

    assertThat(routed.data().domainNames()).containsExactly("java", "prose", "maths");
    assertThat(routed.data().sequences()).isEqualTo(12);
    for (LayerStatistics layer : routed.layers()) {
      for (int domain = 0; domain < 3; domain++) {
        assertThat(layer.byDomain().get(domain).total(ExpertStatistic.N))
            .isEqualTo(3.0 * routed.data().domains().get(domain).tokens());
      }
      assertThat(layer.overall().total(ExpertStatistic.N)).isEqualTo(3.0 * routed.data().tokens());
      assertThat(layer.overall().total(ExpertStatistic.GSUM))
          .isCloseTo((double) routed.data().tokens(), within(1e-4));
      assertThat(layer.overall().total(ExpertStatistic.SOFT))
          .isCloseTo((double) routed.data().tokens(), within(1e-4));
    }
  }

  @ParameterizedTest(name = "{0} threads")
  @ValueSource(ints = {1, 2, 4})
  void threadsAndTheOrderOfObservingChangeNoBit(int threads) throws IOException {
    List<Integer> order = new ArrayList<>(IntStream.range(0, 12).boxed().toList());
    byte[] reference = bytes("reference", run(1, order));
    Collections.shuffle(order, new Random(threads));

    assertThat(bytes("shuffled", run(threads, order))).isEqualTo(reference);
  }

  private byte[] bytes(String name, Statistics statistics) throws IOException {
    Path file = folder.resolve(name);
    StatisticsFile.write(file, statistics);
    return Files.readAllBytes(file);
  }

  /** Observes sequences in some order on some threads, and adds them in theirs. */
  private static Statistics run(int threads, List<Integer> order) {
    int[] lengths = {5, 1, 9, 30, 2, 17, 4, 4, 8, 16, 3, 33};
    SequenceData data = Observations.data(List.of("java", "prose", "maths"), lengths);
    StatisticsTap tap = new StatisticsTap(MODEL, data);
    try (WorkPool pool = new WorkPool(threads)) {
      for (int layer : MODEL.moeLayers()) {
        AtomicReferenceArray<SequenceSums> partials = new AtomicReferenceArray<>(lengths.length);
        pool.forEach(
            lengths.length,
            i -> {
              try (Arena arena = Arena.ofConfined()) {
                int sequence = order.get(i);
                partials.set(
                    sequence,
                    tap.observe(Observations.random(arena, MODEL, layer, sequence, data)));
              }
            });
        for (int sequence = 0; sequence < lengths.length; sequence++) {
          tap.add(layer, sequence, partials.get(sequence));
        }
      }
    }
    return tap.statistics();
  }

  @Test
  void addingOutOfOrderIsABug() {
    SequenceData data = Observations.data(List.of("all"), 2, 2);
    StatisticsTap tap = new StatisticsTap(Observations.TOY, data);
    try (Arena arena = Arena.ofConfined()) {
      SequenceSums partial = tap.observe(Observations.random(arena, Observations.TOY, 0, 0, data));
      tap.add(0, 0, partial);
      assertThatThrownBy(() -> tap.add(0, 0, partial)).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void statisticsOfARunThatIsNotOverAreABug() {
    StatisticsTap tap = new StatisticsTap(MODEL, Observations.data(List.of("all"), 2));
    assertThatThrownBy(tap::statistics)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("layers [] have been seen whole, the model has experts in [0, 2]");
  }

  @Test
  void outputsThatAreNoNumbersNameLayerAndExpert() {
    SequenceData data = Observations.data(List.of("all"), 3);
    StatisticsTap tap = new StatisticsTap(Observations.TOY, data);
    try (Arena arena = Arena.ofConfined()) {
      FloatMatrix hidden = FloatMatrix.allocate(arena, 1, 2);
      float[] logits = {0, 0, 2, 1};
      MoeObservation broken =
          Observations.routed(
              arena,
              0,
              0,
              data,
              true,
              2,
              FloatMatrix.copyOf(arena, logits),
              (expert, token) -> new float[] {1, expert == 3 ? Float.NaN : 1},
              hidden,
              hidden);
      SequenceSums partial = tap.observe(broken);
      assertThatThrownBy(() -> tap.add(0, 0, partial))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("layer 0, expert 3, sequence 0: the sum 'a1' is NaN");
    }
  }

  @Test
  void permutedExpertsPermuteEverySum() {
    float[] logits = {0.5f, 2, -1, 1, 3};
    int[] places = {3, 0, 4, 1, 2};
    float[] permuted = new float[5];
    for (int i = 0; i < 5; i++) {
      permuted[places[i]] = logits[i];
    }
    ExpertSums sums = oneToken(logits, expert -> expert);
    ExpertSums moved =
        oneToken(permuted, place -> Arrays.stream(places).boxed().toList().indexOf(place));
    for (ExpertStatistic statistic : ExpertStatistic.values()) {
      for (int i = 0; i < 5; i++) {
        assertThat(moved.get(statistic, places[i])).isCloseTo(sums.get(statistic, i), FLOAT32);
      }
    }
  }

  private static ExpertSums oneToken(float[] logits, IntUnaryOperator identity) {
    try (Arena arena = Arena.ofConfined()) {
      return SequenceSums.of(
              Observations.routed(
                  arena,
                  0,
                  0,
                  Observations.data(List.of("all"), 1),
                  false,
                  3,
                  FloatMatrix.copyOf(arena, logits),
                  (expert, token) -> new float[] {1, identity.applyAsInt(expert)},
                  FloatMatrix.copyOf(arena, new float[] {1, 0}),
                  FloatMatrix.copyOf(arena, new float[] {1, 1})))
          .sums();
    }
  }
}
