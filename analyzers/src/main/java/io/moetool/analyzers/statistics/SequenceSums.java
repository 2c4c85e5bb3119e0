package io.moetool.analyzers.statistics;

import static io.moetool.analyzers.statistics.ExpertStatistic.A1;
import static io.moetool.analyzers.statistics.ExpertStatistic.A2;
import static io.moetool.analyzers.statistics.ExpertStatistic.EASY;
import static io.moetool.analyzers.statistics.ExpertStatistic.GSQ;
import static io.moetool.analyzers.statistics.ExpertStatistic.GSUM;
import static io.moetool.analyzers.statistics.ExpertStatistic.MX;
import static io.moetool.analyzers.statistics.ExpertStatistic.N;
import static io.moetool.analyzers.statistics.ExpertStatistic.R1;
import static io.moetool.analyzers.statistics.ExpertStatistic.R2;
import static io.moetool.analyzers.statistics.ExpertStatistic.SHIFT;
import static io.moetool.analyzers.statistics.ExpertStatistic.SOFT;
import static io.moetool.analyzers.statistics.ExpertStatistic.TCESS;
import static io.moetool.analyzers.statistics.ExpertStatistic.ZSUM;

import io.moetool.kernels.ColumnSums;
import io.moetool.kernels.Gram;
import io.moetool.kernels.RowNorms;
import io.moetool.runtime.run.MoeObservation;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * What one sequence adds to the sums of one layer, tokens counted in their order. Rows as long as
 * the hidden size are kept for those experts only that the sequence used.
 */
public final class SequenceSums {
  private final ExpertSums sums;
  private final Gram logitProducts;
  private final SortedMap<Integer, ColumnSums> outputs = new TreeMap<>();
  private final PairSums moves;
  private final SkippedSums skipped = new SkippedSums();
  private final Peaks peaks;
  private final int[][] selected;

  private SequenceSums(int experts, int tokens, Peaks peaks) {
    this.peaks = peaks;
    sums = new ExpertSums(experts);
    logitProducts = new Gram(experts);
    moves = new PairSums(experts);
    selected = new int[tokens][];
  }

  static SequenceSums of(MoeObservation seen) {
    int experts = seen.routerLogits().columns();
    SequenceSums result = new SequenceSums(experts, seen.routerLogits().rows(), Peaks.of(seen));
    result.addRouter(seen);
    for (int token = 0; token < seen.selected().rows(); token++) {
      result.addToken(seen, token);
    }
    return result;
  }

  ExpertSums sums() {
    return sums;
  }

  Gram logitProducts() {
    return logitProducts;
  }

  /** What pairs of experts did to the hidden states together. */
  PairSums moves() {
    return moves;
  }

  /** What rules would save that skip experts. */
  SkippedSums skipped() {
    return skipped;
  }

  /** Largest values. */
  Peaks peaks() {
    return peaks;
  }

  /** Output sums of the experts the sequence used. */
  SortedMap<Integer, ColumnSums> outputs() {
    return outputs;
  }

  /** Experts that were chosen and took the token, by token. */
  int[][] selected() {
    return selected;
  }

  private void addRouter(MoeObservation seen) {
    ColumnSums scores = new ColumnSums(sums.experts());
    scores.add(seen.scores());
    ColumnSums logits = new ColumnSums(sums.experts());
    logits.add(seen.routerLogits());
    for (int expert = 0; expert < sums.experts(); expert++) {
      sums.add(SOFT, expert, scores.get(expert));
      sums.add(ZSUM, expert, logits.get(expert));
    }
    logitProducts.add(seen.routerLogits());
  }

  private void addToken(MoeObservation seen, int token) {
    int perToken = seen.selected().columns();
    int[] ranks =
        IntStream.range(0, perToken).filter(rank -> !seen.isDropped(token, rank)).toArray();
    selected[token] = Arrays.stream(ranks).map(rank -> seen.selected().get(token, rank)).toArray();
    ColumnSums routed = routed(seen, token);
    double turn = TokenTurn.of(seen.residual().row(token), routed);
    addCandidates(seen, token);
    addSkipped(seen, token, ranks, length(routed));
    for (int rank : ranks) {
      int expert = seen.selected().get(token, rank);
      double weight = seen.weights().get(token, rank);
      MemorySegment output = seen.expertOutputs().row(token * perToken + rank);
      double squares = RowNorms.sumOfSquares(output);
      double norm = Math.sqrt(squares);
      sums.add(N, expert, 1);
      sums.add(GSUM, expert, weight);
      sums.add(GSQ, expert, weight * weight);
      sums.add(A1, expert, norm);
      sums.add(A2, expert, squares);
      sums.add(R1, expert, weight * norm);
      sums.add(R2, expert, weight * weight * squares);
      sums.add(MX, expert, RowNorms.maxAbs(output));
      sums.add(EASY, expert, weight * norm * turn);
      outputs
          .computeIfAbsent(expert, e -> new ColumnSums(seen.expertOutputs().columns()))
          .add(output, 1);
    }
    addMoves(seen, token, ranks);
  }

  /** TCESS: who is among the K largest logits, and not far below them. */
  private void addCandidates(MoeObservation seen, int token) {
    float[] logits = seen.routerLogits().rowToArray(token);
    int[] largest = largest(logits, seen.selected().columns());
    double total = 0;
    for (int expert : largest) {
      total += Math.exp(logits[expert] - logits[largest[0]]);
    }
    for (int expert : largest) {
      double part = Math.exp(logits[expert] - logits[largest[0]]) / total;
      if (part >= 0.5 / largest.length) {
        sums.add(TCESS, expert, seen.scores().get(token, expert));
      }
    }
  }

  /** Places of the largest values, largest first; of equals the first counts as larger. */
  private static int[] largest(float[] values, int count) {
    int[] places = new int[count];
    int found = 0;
    for (int i = 0; i < values.length; i++) {
      int place = found;
      while (place > 0 && values[places[place - 1]] < values[i]) {
        place--;
      }
      if (place < count) {
        System.arraycopy(places, place, places, place + 1, Math.min(found, count - 1) - place);
        places[place] = i;
        found = Math.min(found + 1, count);
      }
    }
    return places;
  }

  private void addSkipped(MoeObservation seen, int token, int[] ranks, double added) {
    int perToken = seen.selected().columns();
    double[] weights = new double[ranks.length];
    double[] logits = new double[ranks.length];
    double[] scores = new double[ranks.length];
    double[] lengths = new double[ranks.length];
    double total = 0;
    for (int expert = 0; expert < sums.experts(); expert++) {
      total += seen.scores().get(token, expert);
    }
    for (int i = 0; i < ranks.length; i++) {
      int expert = seen.selected().get(token, ranks[i]);
      weights[i] = seen.weights().get(token, ranks[i]);
      logits[i] = seen.routerLogits().get(token, expert);
      scores[i] = seen.scores().get(token, expert);
      lengths[i] = weights[i] * RowNorms.l2(seen.expertOutputs().row(token * perToken + ranks[i]));
    }
    skipped.add(weights, logits, scores, total, lengths, added);
  }

  private static double length(ColumnSums sums) {
    double squares = 0;
    for (int column = 0; column < sums.columns(); column++) {
      squares += sums.get(column) * sums.get(column);
    }
    return Math.sqrt(squares);
  }

  private void addMoves(MoeObservation seen, int token, int[] ranks) {
    double after = RowNorms.sumOfSquares(seen.output().row(token));
    if (after == 0) {
      return;
    }
    int perToken = seen.selected().columns();
    for (int a = 0; a < ranks.length; a++) {
      MemorySegment first = seen.expertOutputs().row(token * perToken + ranks[a]);
      double share = seen.weights().get(token, ranks[a]) / after;
      for (int b = a; b < ranks.length; b++) {
        MemorySegment second = seen.expertOutputs().row(token * perToken + ranks[b]);
        double move = share * seen.weights().get(token, ranks[b]) * RowNorms.dot(first, second);
        moves.add(selected[token][a], selected[token][b], move);
        if (a == b) {
          sums.add(SHIFT, selected[token][a], move);
        }
      }
    }
  }

  /** Σ g f of one token. */
  private static ColumnSums routed(MoeObservation seen, int token) {
    int perToken = seen.selected().columns();
    ColumnSums sum = new ColumnSums(seen.expertOutputs().columns());
    for (int rank = 0; rank < perToken; rank++) {
      sum.add(seen.expertOutputs().row(token * perToken + rank), seen.weights().get(token, rank));
    }
    return sum;
  }
}
