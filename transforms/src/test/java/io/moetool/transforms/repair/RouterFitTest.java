package io.moetool.transforms.repair;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import io.moetool.formats.BadInputException;
import io.moetool.formats.family.RouterSpec;
import io.moetool.formats.json.Json;
import io.moetool.kernels.Cholesky;
import io.moetool.kernels.ExactRouter;
import io.moetool.kernels.FloatMatrix;
import io.moetool.runtime.run.WorkPool;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class RouterFitTest {
  private static final Path GOLDEN = Path.of("src/test/resources/router-fit");

  private static RouterSpec spec(String name) {
    return switch (name) {
      case "raw-softmax" -> RouterSpec.softmaxThenTopK(2, false);
      case "renormalised" -> RouterSpec.softmaxThenTopK(2, true);
      case "softmax-of-chosen" -> RouterSpec.topKThenSoftmax(2);
      default -> RouterSpec.biasedSigmoidTopK(2).withSelectionBias(false).withScale(1.5f);
    };
  }

  /**
   * Two experts of outputs (1, 0) and (0, 1), equal logits, so coefficients of a half; (1, 0) was
   * added before. The error is 1/4 + 1/4, its slopes by coefficients 2 (1/2 - 1) and 2 (1/2 - 0),
   * by logits 1/2 (-1 - 0) and 1/2 (1 - 0).
   */
  @Test
  void slopesCanBeComputedByHand() {
    OutputError outputs = new OutputError(1);
    outputs.set(0, new float[][] {{1, 0}, {0, 1}}, new double[] {1, 0});
    CoefficientSlopes slopes = CoefficientSlopes.of(RouterSpec.topKThenSoftmax(2), "toy");
    int[] chosen = {0, 1};
    double[] logits = {.7, .7};
    double[] coefficients = new double[2];
    double[] byCoefficients = new double[2];

    slopes.coefficients(logits, chosen, coefficients);
    assertThat(coefficients).containsExactly(new double[] {.5, .5}, within(1e-15));
    assertThat(outputs.at(0, chosen, coefficients, byCoefficients)).isCloseTo(.5, within(1e-15));
    assertThat(byCoefficients).containsExactly(new double[] {-1, 1}, within(1e-15));
    assertThat(slopes.byLogits(logits, chosen, byCoefficients))
        .containsExactly(new double[] {-.5, .5}, within(1e-15));
  }

  @ParameterizedTest
  @ValueSource(strings = {"raw-softmax", "renormalised", "softmax-of-chosen", "scaled-sigmoid"})
  void errorAndGradientAreThoseOfAutograd(String name) {
    JsonNode golden = Json.readObject(GOLDEN.resolve(name + ".json"));
    double[][] logits = rows(golden.get("logits"));
    List<Integer> kept = golden.get("kept").valueStream().map(JsonNode::intValue).toList();
    double error = 0;
    Matrix gradient = new Matrix(kept.size(), logits[0].length);
    try (Arena arena = Arena.ofShared();
        WorkPool pool = new WorkPool(1)) {
      for (int token = 0; token < logits.length; token++) {
        OutputError outputs = new OutputError(1);
        double[] added = rows(golden.get("added"))[token];
        outputs.set(0, floats(rows(golden.get("outputs").get(token))), added);
        double unit = Arrays.stream(added).map(x -> x * x).sum();
        Matrix change = matrix(rows(golden.get("change")));
        RouterFit.State state =
            fit(arena, pool, spec(name), outputs, floats(logits[token]), kept).at(change);
        error += state.fitted() * unit;
        gradient.add(state.gradient(), unit);
      }
    }
    assertThat(error).isCloseTo(golden.get("error").doubleValue(), within(1e-5));
    double[][] expected = rows(golden.get("gradient"));
    for (int i = 0; i < gradient.rows(); i++) {
      for (int j = 0; j < gradient.columns(); j++) {
        assertThat(gradient.get(i, j)).isCloseTo(expected[i][j], within(1e-5));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"raw-softmax", "renormalised", "softmax-of-chosen", "scaled-sigmoid"})
  void theErrorFallsOnAllTokensAndIsTheSameForAnyNumberOfThreads(String name) {
    List<Integer> kept = List.of(0, 1, 4, 5);
    Random random = new Random(1500, 6, 5, kept);
    try (Arena arena = Arena.ofShared();
        WorkPool one = new WorkPool(1);
        WorkPool two = new WorkPool(2)) {
      RouterFit fit = fit(arena, one, spec(name), random.error(spec(name)), random.logits, kept);
      RouterFit.State before = fit.at(new Matrix(4, 6));
      Matrix best = fit.best();
      RouterFit.State after = fit.at(best);
      assertThat(after.fitted()).isLessThan(before.fitted());
      assertThat(after.heldOut()).isLessThan(before.heldOut());
      assertThat(
              fit(arena, two, spec(name), random.error(spec(name)), random.logits, kept)
                  .best()
                  .toLists())
          .isEqualTo(best.toLists());
    }
  }

  /** All experts stay, so nothing is wrong and nothing changes. */
  @ParameterizedTest
  @ValueSource(strings = {"raw-softmax", "renormalised", "softmax-of-chosen", "scaled-sigmoid"})
  void whereNothingGoesThereIsNoSlope(String name) {
    List<Integer> all = List.of(0, 1, 2, 3, 4, 5);
    Random random = new Random(40, 6, 5, all);
    try (Arena arena = Arena.ofShared();
        WorkPool pool = new WorkPool(1)) {
      RouterFit.State state =
          fit(arena, pool, spec(name), random.error(spec(name)), random.logits, all)
              .at(new Matrix(6, 6));
      assertThat(state.all()).isCloseTo(0, within(1e-5));
      for (int i = 0; i < 6; i++) {
        for (int j = 0; j < 6; j++) {
          assertThat(state.gradient().get(i, j)).isCloseTo(0, within(1e-4));
        }
      }
    }
  }

  @Test
  void equationsAreSolvedRowByRow() {
    // (1, 2) [[4, 2], [2, 3]] = (8, 8)
    Matrix solved =
        RouterFit.solved(
            Cholesky.of(new double[][] {{4, 2}, {3}}), matrix(new double[][] {{8, 8}}));
    assertThat(solved.get(0, 0)).isCloseTo(1, within(1e-12));
    assertThat(solved.get(0, 1)).isCloseTo(2, within(1e-12));
  }

  @Test
  void routersThatAreNotSmoothAreRefused() {
    assertThatExceptionOfType(BadInputException.class)
        .isThrownBy(() -> CoefficientSlopes.of(new RouterSpec.SparseMixer(.01f), "phimoe"))
        .withMessageContaining("model type 'phimoe'")
        .withMessageContaining("no smooth function of logits")
        .withMessageContaining("--repair scalar");
    assertThatExceptionOfType(BadInputException.class)
        .isThrownBy(() -> CoefficientSlopes.of(RouterSpec.topKThenSigmoidOnInput(1), "llama4"))
        .withMessageContaining("multiply the inputs of experts");
  }

  private static RouterFit fit(
      Arena arena,
      WorkPool pool,
      RouterSpec spec,
      OutputError outputs,
      float[][] logits,
      List<Integer> kept) {
    boolean[] gone = new boolean[logits[0].length];
    IntStream.range(0, gone.length).forEach(expert -> gone[expert] = !kept.contains(expert));
    return new RouterFit(
        outputs,
        FloatMatrix.copyOf(arena, logits),
        ExactRouter.of(spec, gone.length).withMasked(gone),
        CoefficientSlopes.of(spec, "toy"),
        kept,
        pool);
  }

  /** Tokens whose logits and expert outputs follow from a few hidden numbers, and noise. */
  private static final class Random {
    private final float[][] logits;
    private final float[][][] outputs;
    private final List<Integer> kept;

    Random(int tokens, int experts, int hidden, List<Integer> kept) {
      this.kept = kept;
      SplittableRandom random = new SplittableRandom(7);
      double[][] directions = new double[experts][hidden];
      for (double[] direction : directions) {
        Arrays.setAll(direction, i -> random.nextDouble(-1, 1));
      }
      logits = new float[tokens][experts];
      outputs = new float[tokens][experts][hidden];
      for (int token = 0; token < tokens; token++) {
        for (int expert = 0; expert < experts; expert++) {
          logits[token][expert] = (float) random.nextDouble(-2, 2);
          double[] direction = directions[expert];
          float[] output = outputs[token][expert];
          for (int i = 0; i < hidden; i++) {
            output[i] = (float) (direction[i] + random.nextDouble(-.2, .2));
          }
        }
      }
    }

    OutputError error(RouterSpec spec) {
      OutputError error = new OutputError(logits.length);
      CoefficientSlopes slopes = CoefficientSlopes.of(spec, "toy");
      int perToken = spec.expertsPerToken();
      for (int token = 0; token < logits.length; token++) {
        float[] row = logits[token];
        int[] chosen =
            IntStream.range(0, row.length)
                .boxed()
                .sorted((a, b) -> Float.compare(row[b], row[a]))
                .limit(perToken)
                .mapToInt(Integer::intValue)
                .toArray();
        double[] z = IntStream.range(0, row.length).mapToDouble(i -> row[i]).toArray();
        double[] coefficients = new double[perToken];
        slopes.coefficients(z, chosen, coefficients);
        float[][] ofToken = outputs[token];
        double[] added = new double[ofToken[0].length];
        for (int rank = 0; rank < perToken; rank++) {
          for (int i = 0; i < added.length; i++) {
            added[i] += coefficients[rank] * ofToken[chosen[rank]][i];
          }
        }
        error.set(
            token, kept.stream().map(expert -> ofToken[expert]).toArray(float[][]::new), added);
      }
      return error;
    }
  }

  private static double[][] rows(JsonNode rows) {
    return rows.valueStream()
        .map(row -> row.valueStream().mapToDouble(JsonNode::doubleValue).toArray())
        .toArray(double[][]::new);
  }

  private static float[][] floats(double[]... rows) {
    float[][] floats = new float[rows.length][];
    for (int i = 0; i < rows.length; i++) {
      floats[i] = new float[rows[i].length];
      for (int j = 0; j < rows[i].length; j++) {
        floats[i][j] = (float) rows[i][j];
      }
    }
    return floats;
  }

  private static Matrix matrix(double[]... rows) {
    Matrix matrix = new Matrix(rows.length, rows[0].length);
    for (int i = 0; i < rows.length; i++) {
      for (int j = 0; j < rows[i].length; j++) {
        matrix.set(i, j, rows[i][j]);
      }
    }
    return matrix;
  }
}
