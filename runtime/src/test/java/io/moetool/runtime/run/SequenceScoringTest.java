package io.moetool.runtime.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.moetool.formats.onnx.OnnxGraph;
import io.moetool.formats.onnx.OnnxType;
import io.moetool.kernels.FloatMatrix;
import io.moetool.runtime.ort.Device;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.ort.OrtGraph;
import io.moetool.runtime.ort.OrtInputs;
import io.moetool.runtime.ort.OrtOutput;
import io.moetool.runtime.text.TokenSequence;
import java.lang.foreign.Arena;
import java.util.Map;
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
    try (SequenceScorer scorer = new SequenceScorer(ENGINE, 2, 2);
        OrtOutput logits = output(BASE)) {
      // token 0 had probability 1/4, token 1 then 1/2
      assertThat(scorer.loss(logits, SEQUENCE)).isCloseTo(Math.log(4) + Math.log(2), within(1e-6));
    }
  }

  @Test
  void divergenceAndAgreementAreThoseOfTwoCoins() {
    try (SequenceComparer comparer = new SequenceComparer(ENGINE, 2, 2, 2);
        OrtOutput base = output(BASE);
        OrtOutput candidate = output(CANDIDATE)) {
      SequenceComparer.Sums sums = comparer.compare(base, candidate, SEQUENCE);
      // 1/4 ln(1/3) + 3/4 ln 3 at position 0, nothing at position 1
      assertThat(sums.divergence()).isCloseTo(0.5 * Math.log(3), within(1e-6));
      assertThat(sums.candidateLoss()).isCloseTo(Math.log(4.0 / 3) + Math.log(2), within(1e-6));
      // most likely: 1 against 0, then a tie that both resolve alike
      assertThat(sums.agreements()).isEqualTo(1);
    }
  }

  @Test
  void aSequenceOfOneTokenPredictsNothing() {
    TokenSequence one = new TokenSequence("all", new int[] {1});
    try (SequenceScorer scorer = new SequenceScorer(ENGINE, 2, 2);
        OrtOutput logits = output(new float[][] {{1, 2}})) {
      assertThat(scorer.loss(logits, one)).isZero();
    }
  }

  /** Values as the output of a run. */
  private static OrtOutput output(float[][] rows) {
    OnnxGraph graph = new OnnxGraph("copy");
    String input = graph.input("x", OnnxType.FLOAT, "rows", 2);
    graph.output(graph.node("Identity", input).output(), "y", OnnxType.FLOAT, "rows", 2);
    try (Arena arena = Arena.ofConfined();
        OrtGraph copy = ENGINE.graph(graph.toModel("test", "", Map.of()));
        OrtInputs inputs = copy.inputs()) {
      return copy.run(inputs.with("x", FloatMatrix.copyOf(arena, rows)), "y");
    }
  }
}
