package io.moetool.analyzers.statistics;

import io.moetool.formats.family.RouterSpec;
import io.moetool.kernels.ExactRouter;
import io.moetool.kernels.FloatMatrix;
import io.moetool.kernels.IntMatrix;
import io.moetool.runtime.run.MoeObservation;
import io.moetool.runtime.text.SequenceData;
import io.moetool.runtime.text.TokenSequence;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/** What a tap would see, made by hand or by lot. */
public final class Observations {
  /** The toy layer: 4 experts of which 3 tokens choose 2 each, hidden size 2. */
  public static final MeasuredModel TOY =
      MeasuredModel.ofDecoder("sha256:toy", "toy", 1, List.of(0), 4, 2, 2);

  private static final float[][] TOY_LOGITS = {{2, 1, 0, -1}, {0, 2, 1, -1}, {1, 0, 2, -1}};

  /** By expert and token. */
  private static final float[][][] TOY_OUTPUTS = {
    {{3, 4}, {0, 1}, {2, 0}},
    {{5, 12}, {1, 0}, {0, 2}},
    {{1, 1}, {8, 6}, {0, 5}},
    {{9, 9}, {9, 9}, {9, 9}}
  };

  private Observations() {}

  /** Sequences of these lengths, each of the domain beside it. */
  public static SequenceData data(List<String> domains, int... lengths) {
    List<TokenSequence> sequences = new ArrayList<>();
    for (int i = 0; i < lengths.length; i++) {
      sequences.add(new TokenSequence(domains.get(i % domains.size()), new int[lengths[i]]));
    }
    return new SequenceData(sequences);
  }

  /** The toy layer's three tokens as one sequence. */
  public static Statistics toy(boolean renormalise) {
    return toy(renormalise, new float[3][2]);
  }

  /** The toy layer with these hidden states after the block, {@code [3, 2]}. */
  public static LayerStatistics toyLayer(float[][] after) {
    return toy(true, after).requireRouted().layers().getFirst();
  }

  private static Statistics toy(boolean renormalise, float[][] after) {
    SequenceData data = data(List.of("all"), 3);
    StatisticsTap tap = new StatisticsTap(TOY, data);
    try (Arena arena = Arena.ofConfined()) {
      FloatMatrix logits = FloatMatrix.copyOf(arena, TOY_LOGITS);
      FloatMatrix hidden = FloatMatrix.allocate(arena, 3, 2);
      tap.add(
          0,
          0,
          tap.observe(
              routed(
                  arena,
                  0,
                  0,
                  data,
                  renormalise,
                  2,
                  logits,
                  (expert, token) -> TOY_OUTPUTS[expert][token],
                  hidden,
                  FloatMatrix.copyOf(arena, after))));
    }
    return tap.statistics();
  }

  /** An expert's output for a token. */
  interface Outputs {
    float[] of(int expert, int token);
  }

  /** What a softmax router would make of these logits. */
  static MoeObservation routed(
      Arena arena,
      int layer,
      int sequence,
      SequenceData data,
      boolean renormalise,
      int perToken,
      FloatMatrix logits,
      Outputs outputs,
      FloatMatrix residual,
      FloatMatrix output) {
    int tokens = logits.rows();
    IntMatrix selected = IntMatrix.allocate(arena, tokens, perToken);
    FloatMatrix weights = FloatMatrix.allocate(arena, tokens, perToken);
    FloatMatrix scores = FloatMatrix.allocate(arena, tokens, logits.columns());
    ExactRouter.of(RouterSpec.softmaxThenTopK(perToken, renormalise), logits.columns())
        .route(logits, selected, weights, scores);
    FloatMatrix rows = FloatMatrix.allocate(arena, tokens * perToken, residual.columns());
    for (int token = 0; token < tokens; token++) {
      for (int rank = 0; rank < perToken; rank++) {
        rows.setRow(token * perToken + rank, outputs.of(selected.get(token, rank), token));
      }
    }
    return new MoeObservation(
        layer,
        sequence,
        data.sequences().get(sequence),
        residual,
        logits,
        scores,
        selected,
        weights,
        rows,
        Optional.empty(),
        residual,
        output,
        false);
  }

  /** A sequence by lot; the same numbers for the same layer and sequence. */
  static MoeObservation random(
      Arena arena, MeasuredModel model, int layer, int sequence, SequenceData data) {
    SplittableRandom random = new SplittableRandom(1000L * layer + sequence);
    int tokens = data.sequences().get(sequence).length();
    return routed(
        arena,
        layer,
        sequence,
        data,
        true,
        model.expertsPerToken(),
        matrix(arena, random, tokens, model.experts()),
        (expert, token) -> row(random, model.hidden()),
        matrix(arena, random, tokens, model.hidden()),
        matrix(arena, random, tokens, model.hidden()));
  }

  private static FloatMatrix matrix(Arena arena, SplittableRandom random, int rows, int columns) {
    FloatMatrix matrix = FloatMatrix.allocate(arena, rows, columns);
    for (int row = 0; row < rows; row++) {
      matrix.setRow(row, row(random, columns));
    }
    return matrix;
  }

  private static float[] row(SplittableRandom random, int columns) {
    float[] row = new float[columns];
    for (int i = 0; i < columns; i++) {
      row[i] = (float) random.nextDouble(-3, 3);
    }
    return row;
  }
}
