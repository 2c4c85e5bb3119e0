package io.moetool.transforms.repair;

import io.moetool.kernels.FloatMatrix;
import io.moetool.runtime.run.SampledExperts;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The squared error of what the experts that stay in a layer add to each token of a sample, as a
 * function of their coefficients: ‖z - Σ_i g_i f_i‖², z being what all experts added. Outputs are
 * kept as inner products only, f_i · f_j and f_i · z: [n, E'(E'+1)/2 + E'] float32 numbers of n
 * tokens and E' experts that stay, whatever the hidden size.
 */
final class OutputError {
  /** Outputs held at a time. */
  private static final long BLOCK_BYTES = 64L << 20;

  private static final int LARGEST_BLOCK = 256;

  private final float[][] products;
  private final float[][] targets;
  private final double[] squares;

  /** Room for so many tokens. */
  OutputError(int tokens) {
    products = new float[tokens][];
    targets = new float[tokens][];
    squares = new double[tokens];
  }

  /**
   * Runs the experts that stay on all tokens of a sample, the others on those that chose them.
   *
   * @param kept experts that stay, ascending
   */
  static OutputError of(SampledExperts experts, List<Integer> kept) {
    int tokens = experts.inputs().rows();
    OutputError error = new OutputError(tokens);
    long ofToken = (long) experts.experts() * experts.hidden() * Float.BYTES;
    int block = Math.clamp(BLOCK_BYTES / ofToken, 1, LARGEST_BLOCK);
    for (int from = 0; from < tokens; from += block) {
      error.setBlock(experts, kept, from, Math.min(tokens, from + block));
    }
    return error;
  }

  private void setBlock(SampledExperts experts, List<Integer> kept, int from, int to) {
    RoutedChoice before = RoutedChoice.of(experts);
    float[][][] outputs = new float[experts.experts()][to - from][];
    experts
        .pool()
        .forEach(
            experts.experts(),
            expert -> {
              int[] tokens =
                  IntStream.range(from, to)
                      .filter(t -> kept.contains(expert) || before.chooses(t, expert))
                      .toArray();
              if (tokens.length > 0) {
                try (Arena arena = Arena.ofConfined()) {
                  FloatMatrix rows = FloatMatrix.allocate(arena, tokens.length, experts.hidden());
                  experts.outputs(expert, tokens, rows);
                  for (int row = 0; row < tokens.length; row++) {
                    outputs[expert][tokens[row] - from] = rows.rowToArray(row);
                  }
                }
              }
            });
    experts
        .pool()
        .forEach(
            to - from,
            row -> {
              double[] added = new double[experts.hidden()];
              for (int expert = 0; expert < experts.experts(); expert++) {
                float factor = before.factor(from + row, expert, false);
                for (int i = 0; factor != 0 && i < added.length; i++) {
                  added[i] += (double) factor * outputs[expert][row][i];
                }
              }
              set(
                  from + row,
                  kept.stream().map(expert -> outputs[expert][row]).toArray(float[][]::new),
                  added);
            });
  }

  /**
   * Says what a token gets.
   *
   * @param outputs of the experts that stay, {@code [E', H]}
   * @param added by all experts, {@code [H]}
   */
  void set(int token, float[][] outputs, double[] added) {
    int count = outputs.length;
    float[] ofToken = new float[count * (count + 1) / 2];
    float[] target = new float[count];
    for (int i = 0; i < count; i++) {
      for (int j = 0; j <= i; j++) {
        double sum = 0;
        for (int h = 0; h < added.length; h++) {
          sum += (double) outputs[i][h] * outputs[j][h];
        }
        ofToken[place(i, j)] = (float) sum;
      }
      double sum = 0;
      for (int h = 0; h < added.length; h++) {
        sum += outputs[i][h] * added[h];
      }
      target[i] = (float) sum;
    }
    double square = 0;
    for (double value : added) {
      square += value * value;
    }
    products[token] = ofToken;
    targets[token] = target;
    squares[token] = square;
  }

  private static int place(int i, int j) {
    return i >= j ? i * (i + 1) / 2 + j : j * (j + 1) / 2 + i;
  }

  int tokens() {
    return squares.length;
  }

  /** ‖z‖² of a token. */
  double square(int token) {
    return squares[token];
  }

  /**
   * The error of a token, and its slopes.
   *
   * @param chosen experts, by their position among those that stay, {@code [K]}
   * @param coefficients g, {@code [K]}
   * @param slopes receives the derivative by each coefficient, {@code [K]}
   */
  double at(int token, int[] chosen, double[] coefficients, double[] slopes) {
    double error = squares[token];
    for (int i = 0; i < chosen.length; i++) {
      double sum = 0;
      for (int j = 0; j < chosen.length; j++) {
        sum += products[token][place(chosen[i], chosen[j])] * coefficients[j];
      }
      double target = targets[token][chosen[i]];
      error += coefficients[i] * (sum - 2 * target);
      slopes[i] = 2 * (sum - target);
    }
    return error;
  }
}
