package io.moetool.runtime.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.moetool.formats.Shape;
import io.moetool.formats.family.DeltaNet;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.assertj.core.data.Offset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DeltaRuleTest {
  private static final Offset<Float> EXACT = within(1e-6f);

  /** Two sequences' worth of numbers for one head of 2 x 3, tokens one after the other. */
  private static final DeltaNet NET = new DeltaNet(1, 2, 1, 3, 4);

  private static final int TOKENS = 6;

  @ParameterizedTest
  @EnumSource
  void oneNumberByHand(OperatorForm form) {
    // Decays by a half, corrects by a half; keys and queries are 1, values 2 and 3.
    // S = 0/2 + (2 - 0)/2 = 1, read 1; then S = 1/2 + (3 - 1/2)/2 = 1.75, read 1.75.
    DeltaNet net = new DeltaNet(1, 1, 1, 1, 1);
    double half = Math.log(0.5);
    double[][] tokens = {{1, 1, 2, half, 0.5}, {1, 1, 3, half, 0.5}};
    assertThat(run(form, net, tokens, new double[1], true))
        .containsExactly(new float[] {1, 1.75f}, EXACT);
    assertThat(run(form, net, tokens, new double[1], false))
        .containsExactly(new float[] {1.75f}, EXACT);
  }

  @ParameterizedTest
  @EnumSource
  void tokensThatDecayAndCorrectNothingLeaveTheStateAsItIs(OperatorForm form) {
    double[][] tokens = random(TOKENS);
    double[][] padded = Arrays.copyOf(tokens, TOKENS + 2);
    for (int i = TOKENS; i < padded.length; i++) {
      padded[i] = new double[] {1, 2, 3, 4, 5, 6, 7, 0, 0};
    }
    assertThat(run(form, NET, padded, new double[6], false))
        .isEqualTo(run(form, NET, tokens, new double[6], false));
  }

  @ParameterizedTest
  @EnumSource
  void goingOnFromAStateIsTheSameAsNotStopping(OperatorForm form) {
    double[][] tokens = random(TOKENS);
    float[] whole = run(form, NET, tokens, new double[6], true);
    float[] middle = run(form, NET, Arrays.copyOf(tokens, 4), new double[6], false);
    double[] state = new double[middle.length];
    Arrays.setAll(state, i -> middle[i]);
    float[] rest = run(form, NET, Arrays.copyOfRange(tokens, 4, TOKENS), state, true);
    assertThat(rest).containsExactly(Arrays.copyOfRange(whole, 4 * 3, whole.length), EXACT);
  }

  @ParameterizedTest
  @EnumSource
  void theMatrixIsReadAfterItWasCorrected(OperatorForm form) {
    double[][] tokens = random(TOKENS);
    double[] state = {0.3, -0.2, 0.1, 0.7, 0.4, -0.6};
    assertThat(run(form, NET, tokens, state, true))
        .containsExactly(reference(tokens, state), EXACT);
  }

  /** The recurrence as it is written down, in float64. */
  private static float[] reference(double[][] tokens, double[] before) {
    double[] s = before.clone();
    float[] read = new float[tokens.length * 3];
    for (int t = 0; t < tokens.length; t++) {
      double[] token = tokens[t];
      double kept = Math.exp(token[7]);
      for (int c = 0; c < 3; c++) {
        s[c] *= kept;
        s[3 + c] *= kept;
        double correction = token[8] * (token[4 + c] - token[2] * s[c] - token[3] * s[3 + c]);
        s[c] += token[2] * correction;
        s[3 + c] += token[3] * correction;
        read[3 * t + c] = (float) ((token[0] * s[c] + token[1] * s[3 + c]) / Math.sqrt(2));
      }
    }
    return read;
  }

  private static double[][] random(int count) {
    SplittableRandom random = new SplittableRandom(11);
    double[][] tokens = new double[count][];
    for (int i = 0; i < count; i++) {
      double[] token = random.doubles(9, -1, 1).toArray();
      token[7] = -Math.abs(token[7]);
      token[8] = Math.abs(token[8]);
      tokens[i] = token;
    }
    return tokens;
  }

  /** A token is query, key, value, decay, rate; one sequence. */
  private static float[] run(
      OperatorForm form, DeltaNet net, double[][] tokens, double[] state, boolean output) {
    GraphRun run = new GraphRun();
    DeltaRule rule =
        switch (form) {
          case FUSED -> new FusedDeltaRule(run.graph(), net);
          case STANDARD -> new ScannedDeltaRule(run.graph(), net);
        };
    int key = net.keyDim();
    int value = net.valueDim();
    DeltaRule.Result result =
        rule.apply(
            new DeltaRule.Tokens(
                column(run, "query", tokens, 0, key),
                column(run, "key", tokens, key, key),
                column(run, "value", tokens, 2 * key, value),
                column(run, "decay", tokens, 2 * key + value, 1),
                column(run, "rate", tokens, 2 * key + value + 1, 1)),
            run.input("state", Shape.of(1, 1, key, value), state));
    return output ? run.value(result.output(), 3) : run.value(result.state(), 4);
  }

  private static String column(GraphRun run, String name, double[][] tokens, int from, int width) {
    return run.input(
        name,
        Shape.of(1, tokens.length, width),
        Arrays.stream(tokens)
            .flatMapToDouble(token -> Arrays.stream(token, from, from + width))
            .toArray());
  }
}
