package io.moetool.runtime.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.moetool.formats.Shape;
import io.moetool.formats.family.Mamba;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class SelectiveScanTest {
  private static final Offset<Float> EXACT = within(1e-6f);

  private static final int WIDTH = 2;
  private static final int SIZE = 3;
  private static final int TOKENS = 6;

  @Test
  void oneNumberByHand() {
    // A speed of 1 and a step of ln 2 keep half of the state; inputs of 1 / ln 2 times the step
    // write once. h = 0/2 + 3 = 3, read by 2: 6; h = 3/2 + 5 = 6.5, read by 1.
    double step = Math.log(2);
    double[][] tokens = {{step, 1 / step, 3, 2}, {step, 1 / step, 5, 1}};
    double[] decay = {0};
    assertThat(run(1, 1, tokens, decay, new double[1], true))
        .containsExactly(new float[] {6, 6.5f}, EXACT);
    assertThat(run(1, 1, tokens, decay, new double[1], false))
        .containsExactly(new float[] {6.5f}, EXACT);
  }

  @Test
  void everyChannelDecaysEveryElementBySpeedsOfItsOwn() {
    // Kept are 2^-1, 2^-2, 2^-3 of the first channel's state and, at twice the step, 2^-8, 2^-4,
    // 2^-2 of the second's; nothing is added.
    double step = Math.log(2);
    double[] decay = {0, Math.log(2), Math.log(3), Math.log(4), Math.log(2), 0};
    double[][] tokens = {{step, 2 * step, 0, 0, 1, 1, 1, 1, 1, 1}};
    double[] state = {8, 8, 8, 256, 256, 256};
    assertThat(run(WIDTH, SIZE, tokens, decay, state, false))
        .containsExactly(new float[] {4, 2, 1, 1, 16, 64}, within(1e-4f));
    assertThat(run(WIDTH, SIZE, tokens, decay, state, true))
        .containsExactly(new float[] {7, 81}, within(1e-4f));
  }

  @Test
  void aTokenWithoutAStepLeavesTheStateAsItIs() {
    double[] decay = random(1, WIDTH * SIZE)[0];
    double[][] tokens = randomTokens();
    double[][] padded = Arrays.copyOf(tokens, TOKENS + 1);
    padded[TOKENS] = new double[] {0, 0, 5, 6, 7, 8, 9, 1, 2, 3};
    double[] state = new double[WIDTH * SIZE];
    assertThat(run(WIDTH, SIZE, padded, decay, state, false))
        .isEqualTo(run(WIDTH, SIZE, tokens, decay, state, false));
  }

  @Test
  void goingOnFromAStateIsTheSameAsNotStopping() {
    double[] decay = random(1, WIDTH * SIZE)[0];
    double[][] tokens = randomTokens();
    double[] start = new double[WIDTH * SIZE];
    float[] whole = run(WIDTH, SIZE, tokens, decay, start, true);
    float[] middle = run(WIDTH, SIZE, Arrays.copyOf(tokens, 4), decay, start, false);
    double[] state = new double[middle.length];
    Arrays.setAll(state, i -> middle[i]);
    float[] rest = run(WIDTH, SIZE, Arrays.copyOfRange(tokens, 4, TOKENS), decay, state, true);
    assertThat(rest).containsExactly(Arrays.copyOfRange(whole, 4 * WIDTH, whole.length), EXACT);
  }

  private static double[][] randomTokens() {
    double[][] tokens = random(TOKENS, 2 * WIDTH + 2 * SIZE);
    for (double[] token : tokens) {
      for (int channel = 0; channel < WIDTH; channel++) {
        token[channel] = Math.abs(token[channel]);
      }
    }
    return tokens;
  }

  private static double[][] random(int rows, int columns) {
    SplittableRandom random = new SplittableRandom(13);
    double[][] numbers = new double[rows][];
    Arrays.setAll(numbers, row -> random.doubles(columns, -1, 1).toArray());
    return numbers;
  }

  /** A token is steps, inputs, what it writes by and what it reads by; one sequence. */
  private static float[] run(
      int width, int size, double[][] tokens, double[] decay, double[] state, boolean output) {
    GraphRun run = new GraphRun();
    SelectiveScan.Result result =
        new SelectiveScan(run.graph(), new Mamba(width, size, 1, 1, false, false))
            .apply(
                new SelectiveScan.Tokens(
                    column(run, "step", tokens, 0, width),
                    column(run, "input", tokens, width, width),
                    column(run, "write", tokens, 2 * width, size),
                    column(run, "read", tokens, 2 * width + size, size)),
                run.input("decay", Shape.of(width, size), decay),
                run.input("state", Shape.of(1, width, size), state));
    return run.value(output ? result.output() : result.state(), 3);
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
