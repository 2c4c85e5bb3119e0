package io.moetool.transforms.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import io.moetool.analyzers.saliency.SaliencyCatalog;
import io.moetool.analyzers.statistics.MeasuredModel;
import io.moetool.analyzers.statistics.Statistics;
import io.moetool.analyzers.statistics.StatisticsTap;
import io.moetool.formats.BadInputException;
import io.moetool.kernels.FloatMatrix;
import io.moetool.kernels.IntMatrix;
import io.moetool.runtime.run.MoeObservation;
import io.moetool.runtime.text.SequenceData;
import io.moetool.runtime.text.TokenSequence;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Four experts, three tokens, two experts a token, outputs of two components. Token 0 chooses
 * experts 0 and 1, token 1 chooses 1 and 2, token 2 chooses 2 and 0; nobody chooses expert 3.
 */
class MeasuredEvidenceTest {
  private static final float[][] LOGITS = {{2, 1, 0, -1}, {0, 2, 1, -1}, {1, 0, 2, -1}};
  private static final int[][] SELECTED = {{0, 1}, {1, 2}, {2, 0}};
  private static final float[][] OUTPUTS = {{3, 4}, {5, 12}, {1, 0}, {8, 6}, {0, 5}, {2, 0}};

  @Test
  void halfOfTheExpertsGoesByReap() {
    Evidence evidence = evidence("reap");
    LayerEvidence layer = evidence.layers().getFirst();

    assertThat(layer.score(0)).isCloseTo(2.09658787, within(1e-6));
    assertThat(keptOf(evidence)).containsExactly(1, 2);
    assertThat(keptOf(evidence("msan"))).containsExactly(1, 2);
  }

  /** Counts 2, 2, 2, 0: after expert 3 a tie decides. */
  @Test
  void halfOfTheExpertsGoesByFrequency() {
    assertThat(keptOf(evidence("frequency"))).containsExactly(0, 1);
  }

  @Test
  void theDataIsNamedWhereScoresComeFromIt() {
    Evidence evidence = evidence("reap");
    assertThat(evidence.method()).isEqualTo("reap");
    assertThat(evidence.statistics())
        .hasValueSatisfying(statistics -> {
          assertThat(statistics.dataFingerprint()).isEqualTo(data().fingerprint());
          assertThat(statistics.tokens()).isEqualTo(3);
        });
    assertThat(evidence.seed()).isEmpty();
    assertThat(evidence.fingerprint()).isEqualTo("sha256:toy");
    assertThat(evidence.layers().getFirst().layer()).isEqualTo(5);
    assertThat(evidence.layers().getFirst().isUnused(3)).isTrue();
  }

  /** Mean over three tokens of e^-1 / (e^2 + e + 1 + e^-1) = 0.03205860, whatever the method. */
  @Test
  void theShareOfTheSoftmaxThatGoesIsKnownWhereTheModelRan() {
    for (String method : List.of("reap", "random")) {
      LayerEvidence layer = evidence(method).layers().getFirst();
      assertThat(layer.share(List.of(3)).orElseThrow()).isCloseTo(0.0320586, within(1e-6));
      assertThat(layer.share(List.of(0, 1, 2, 3)).orElseThrow()).isCloseTo(1, within(1e-12));
    }
  }

  @Test
  void theSeedIsNamedWhereLotsAreDrawn() {
    Evidence evidence = evidence("random");
    assertThat(evidence.seed()).hasValue(11);
    assertThat(evidence.statistics()).isEmpty();
    assertThat(evidence.layers().getFirst().tokens(0)).isEmpty();
  }

  @Test
  void aMethodThatNeedsDataRefusesWithoutThem() {
    Statistics nothing = Statistics.none(model());
    assertThatExceptionOfType(BadInputException.class)
        .isThrownBy(() ->
            MeasuredEvidence.of(
                "statistics", nothing, SaliencyCatalog.named("reap", 0), OptionalLong.empty()))
        .withMessageContaining("nothing was measured on data");
  }

  private static List<Integer> keptOf(Evidence evidence) {
    return new LayerChoice(
            evidence.layers().getFirst(), new ExpertGroups(1, 1, 4), new TreeMap<>(), own -> own)
        .keep("toy", 2)
        .kept();
  }

  private static Evidence evidence(String method) {
    return MeasuredEvidence.of(
        "statistics",
        statistics(),
        SaliencyCatalog.named(method, 11),
        method.equals("random") ? OptionalLong.of(11) : OptionalLong.empty());
  }

  private static MeasuredModel model() {
    return MeasuredModel.ofDecoder("sha256:toy", "qwen3_moe", 6, List.of(5), 4, 2, 2);
  }

  private static SequenceData data() {
    return new SequenceData(List.of(new TokenSequence("all", new int[] {7, 8, 9})));
  }

  private static Statistics statistics() {
    float[][] scores = new float[3][4];
    float[][] weights = new float[3][2];
    for (int token = 0; token < 3; token++) {
      double sum = 0;
      for (float logit : LOGITS[token]) {
        sum += Math.exp(logit);
      }
      for (int expert = 0; expert < 4; expert++) {
        scores[token][expert] = (float) (Math.exp(LOGITS[token][expert]) / sum);
      }
      float first = scores[token][SELECTED[token][0]];
      float second = scores[token][SELECTED[token][1]];
      weights[token] = new float[] {first / (first + second), second / (first + second)};
    }
    StatisticsTap tap = new StatisticsTap(model(), data());
    try (Arena arena = Arena.ofConfined()) {
      FloatMatrix states = FloatMatrix.copyOf(arena, new float[][] {{1, 2}, {3, 4}, {5, 6}});
      tap.add(
          5,
          0,
          tap.observe(
              new MoeObservation(
                  5,
                  0,
                  data().sequences().getFirst(),
                  states,
                  FloatMatrix.copyOf(arena, LOGITS),
                  FloatMatrix.copyOf(arena, scores),
                  IntMatrix.copyOf(arena, SELECTED),
                  FloatMatrix.copyOf(arena, weights),
                  FloatMatrix.copyOf(arena, OUTPUTS),
                  Optional.empty(),
                  states,
                  states,
                  false)));
    }
    return tap.statistics();
  }
}
