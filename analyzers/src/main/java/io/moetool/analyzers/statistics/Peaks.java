package io.moetool.analyzers.statistics;

import io.moetool.kernels.FloatMatrix;
import io.moetool.kernels.RowNorms;
import io.moetool.runtime.run.MoeObservation;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** What {@link MatrixStatistic#PEAKS} holds, while it grows; with what experts read then. */
final class Peaks {
  private static final int POSITION = 1;
  private static final int CHANNEL = 2;
  private static final int DETAIL = 3;
  private static final int COLUMNS = MatrixStatistic.PEAK_COLUMNS;

  private final int experts;
  private final double[] rows;
  private final float[][] read;
  private final float[] scores;

  Peaks(int experts) {
    this.experts = experts;
    this.rows = new double[(experts + 2) * COLUMNS];
    this.read = new float[experts][];
    this.scores = new float[experts];
    for (int row = 0; row < experts + 2; row++) {
      Arrays.fill(rows, row * COLUMNS + POSITION, (row + 1) * COLUMNS, -1);
    }
  }

  /** Looks at one sequence. */
  static Peaks of(MoeObservation seen) {
    Peaks peaks = new Peaks(seen.routerLogits().columns());
    int perToken = seen.selected().columns();
    for (int token = 0; token < seen.selected().rows(); token++) {
      for (int rank = 0; rank < perToken; rank++) {
        int expert = seen.selected().get(token, rank);
        if (!seen.isDropped(token, rank)
            && peaks.offer(expert, token, seen.expertOutputs().row(token * perToken + rank))) {
          peaks.read[expert] = seen.input().rowToArray(token);
          peaks.scores[expert] = seen.scores().get(token, expert);
        }
      }
      if (seen.shared().isPresent()) {
        peaks.offer(peaks.experts, token, seen.shared().get().row(token));
      }
      int hidden = peaks.experts + 1;
      if (peaks.offer(hidden, token, seen.output().row(token))) {
        peaks.rows[hidden * COLUMNS + DETAIL] = median(seen.output(), token);
      }
    }
    return peaks;
  }

  private static double median(FloatMatrix states, int token) {
    float[] values = states.rowToArray(token);
    for (int i = 0; i < values.length; i++) {
      values[i] = Math.abs(values[i]);
    }
    Arrays.sort(values);
    return values[values.length / 2];
  }

  private boolean offer(int row, int token, MemorySegment values) {
    if (RowNorms.maxAbs(values) <= Math.abs(rows[row * COLUMNS])) {
      return false;
    }
    int channel = 0;
    float largest = 0;
    for (int i = 0; i < values.byteSize() / Float.BYTES; i++) {
      float value = values.getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i);
      if (Math.abs(value) > Math.abs(largest)) {
        largest = value;
        channel = i;
      }
    }
    rows[row * COLUMNS] = largest;
    rows[row * COLUMNS + POSITION] = token;
    rows[row * COLUMNS + CHANNEL] = channel;
    return true;
  }

  /** Counts a later sequence in: of equal values the earlier stays. */
  void add(Peaks later) {
    for (int row = 0; row < experts + 2; row++) {
      if (Math.abs(later.rows[row * COLUMNS]) > Math.abs(rows[row * COLUMNS])) {
        System.arraycopy(later.rows, row * COLUMNS, rows, row * COLUMNS, COLUMNS);
        if (row < experts) {
          read[row] = later.read[row];
          scores[row] = later.scores[row];
        }
      }
    }
  }

  /** Largest absolute output of an expert. */
  double largest(int expert) {
    return Math.abs(rows[expert * COLUMNS]);
  }

  /**
   * What the expert read when its output was largest, {@code [H]}.
   *
   * @param scaled whether the router scales inputs
   */
  float[] read(int expert, boolean scaled) {
    float[] input = read[expert].clone();
    for (int i = 0; i < input.length && scaled; i++) {
      input[i] *= scores[expert];
    }
    return input;
  }

  /** Names the channel between an expert's projections that its largest output comes from. */
  void setInnerChannel(int expert, int channel) {
    rows[expert * COLUMNS + DETAIL] = channel;
  }

  SumMatrix toMatrix() {
    return SumMatrix.over(experts + 2, COLUMNS, rows.clone());
  }
}
