package io.moetool.runtime.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.moetool.kernels.FloatMatrix;
import io.moetool.runtime.ort.Device;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.text.TokenSequence;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SequenceScoringTest {
  private static final OrtEngine ENGINE = OrtEngine.open(Device.CPU);
  private static final float LN3 = (float) Math.log(3);

  /**
   * Probabilities 1/4, 3/4 at position 0 and 1/2, 1/2 at position 1; position 2 predicts nothing.
   */
  private static final float[][] BASE = {{0, LN3}, {5, 5}, {100, -100}};

  /** Probabilities 3/4, 1/4 and 1/2, 1/2. */
  private static final float[][] CANDIDATE = {{LN3, 0}, {-2, -2}, {0, 0}};

  private static final TokenSequence SEQUENCE = new TokenSequence("all", new int[] {1, 0, 1});

  @Test
  void lossIsTheNegativeLogarithmOfWhatFollows() {
    try (SequenceScorer scorer = new SequenceScorer(ENGINE, 2);
        Logits logits = logits(BASE)) {
      // token 0 had probability 1/4, token 1 then 1/2
      assertThat(scorer.loss(logits, SEQUENCE)).isCloseTo(Math.log(4) + Math.log(2), within(1e-6));
    }
  }

  @Test
  void divergenceAndAgreementAreThoseOfTwoCoins() {
    try (SequenceComparer comparer = new SequenceComparer(ENGINE, 2);
        Logits base = logits(BASE);
        Logits candidate = logits(CANDIDATE)) {
      SequenceComparer.Sums sums = comparer.compare(base, candidate, SEQUENCE);
      // 1/4 ln(1/3) + 3/4 ln 3 at position 0, nothing at position 1
      assertThat(sums.divergence()).isCloseTo(0.5 * Math.log(3), within(1e-6));
      assertThat(sums.candidateLoss()).isCloseTo(Math.log(4.0 / 3) + Math.log(2), within(1e-6));
      // most likely: 1 against 0, then a tie that both resolve alike
      assertThat(sums.agreements()).isEqualTo(1);
      // a vocabulary of two has no others
      assertThat(sums.sharedBest()).isEqualTo(2);
    }
  }

  @Test
  void fourOfTheFiveMostLikelyAreShared() {
    try (SequenceComparer comparer = new SequenceComparer(ENGINE, 7);
        Logits base = logits(new float[][] {{7, 6, 5, 4, 3, 2, 1}, {7, 6, 5, 4, 3, 2, 1}});
        Logits candidate = logits(new float[][] {{3, 4, 5, 6, 1, 7, 2}, {1, 2, 3, 4, 5, 6, 7}})) {
      // the first position has 0..4 against 5, 3, 2, 1, 0; nothing follows the second
      TokenSequence two = new TokenSequence("all", new int[] {0, 1});
      assertThat(comparer.compare(base, candidate, two).sharedBest()).isCloseTo(0.8, within(1e-6));
    }
  }

  @Test
  void theProbabilityInCommonIsTheSumOfTheSmaller() {
    float[] base = logarithms(0.7, 0.2, 0.1);
    float[] candidate = logarithms(0.5, 0.3, 0.2);
    TokenSequence two = new TokenSequence("all", new int[] {0, 1});
    try (SequenceComparer comparer = new SequenceComparer(ENGINE, 3);
        Logits first = logits(new float[][] {base, base});
        Logits second = logits(new float[][] {candidate, base})) {
      // 0.5 + 0.2 + 0.1
      assertThat(comparer.compare(first, second, two).overlap()).isCloseTo(0.8, within(1e-6));
      assertThat(comparer.compare(first, first, two).overlap()).isCloseTo(1, within(1e-6));
    }
  }

  private static float[] logarithms(double... probabilities) {
    float[] logarithms = new float[probabilities.length];
    for (int i = 0; i < logarithms.length; i++) {
      logarithms[i] = (float) Math.log(probabilities[i]);
    }
    return logarithms;
  }

  @Test
  void aSequenceOfOneTokenPredictsNothing() {
    TokenSequence one = new TokenSequence("all", new int[] {1});
    try (SequenceScorer scorer = new SequenceScorer(ENGINE, 2);
        Logits logits = logits(new float[][] {{1, 2}})) {
      assertThat(scorer.loss(logits, one)).isZero();
    }
  }

  @Test
  void longSequencesAreScoredInBlocksOfAtLeastTwoTokens() {
    assertThat(ScoredBlock.of(ofLength(1))).isEmpty();
    assertThat(ScoredBlock.of(ofLength(2))).containsExactly(new ScoredBlock(0, 2));
    assertThat(ScoredBlock.of(ofLength(256))).containsExactly(new ScoredBlock(0, 256));
    assertThat(ScoredBlock.of(ofLength(257)))
        .containsExactly(new ScoredBlock(0, 128), new ScoredBlock(128, 257));
  }

  @Test
  void blocksAddUpToTheSequence() {
    int length = 600;
    float[][] rows = new float[length][];
    Arrays.setAll(rows, position -> position % 2 == 0 ? new float[] {0, LN3} : new float[] {0, 0});
    TokenSequence sequence = ofLength(length);
    try (SequenceScorer scorer = new SequenceScorer(ENGINE, 2);
        Logits logits = logits(rows)) {
      // Token 1 follows even positions with probability 3/4, token 0 odd ones with 1/2.
      assertThat(scorer.loss(logits, sequence))
          .isCloseTo(300 * Math.log(4.0 / 3) + 299 * Math.log(2), within(1e-4));
    }
  }

  /** 0, 1, 0, 1, … */
  private static TokenSequence ofLength(int length) {
    return new TokenSequence("all", IntStream.range(0, length).map(i -> i % 2).toArray());
  }

  private static Logits logits(float[][] rows) {
    Arena arena = Arena.ofConfined();
    FloatMatrix values = FloatMatrix.copyOf(arena, rows);
    return new Logits() {
      @Override
      public FloatMatrix rows(int from, int to) {
        return values.rows(from, to);
      }

      @Override
      public void close() {
        arena.close();
      }
    };
  }
}
