package io.moetool.transforms.merge;

import io.moetool.formats.DType;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorView;
import io.moetool.formats.family.ExpertTensors;
import io.moetool.formats.family.RoutedExpert;
import io.moetool.formats.family.TensorRole;
import io.moetool.kernels.ElementDecoder;
import io.moetool.kernels.ElementEncoder;
import io.moetool.kernels.FloatMatrix;
import io.moetool.kernels.RidgeRegression;
import io.moetool.runtime.run.LayerExperts;
import io.moetool.runtime.run.SampledExperts;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.layout.NeuronOrder;
import io.moetool.transforms.plan.MergeGroup;
import io.moetool.transforms.repair.RoutedChoice;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Fits the last projection of a merged expert to what its members add (MergeMoE, arXiv 2510.14436).
 * For a token t that chose members with coefficients g, let y = Σ g f(x) be what they add, s = Σ g
 * what the merged expert is multiplied by, p what its last projection W multiplies, and r = y - s
 * f'(x) what the mean of the experts leaves open. Added to W is the D that minimises Σ ‖r - s D p‖²
 * + λ ‖D‖².
 *
 * <p>The paper fits to the mean of all members' outputs, whoever was chosen; what was added is
 * nearer to what counts and needs fewer outputs. The ridge draws towards the mean, not towards
 * zero: so the loss on the tokens of the fit is never larger than that of the mean, and in
 * directions that no token shows the mean stays.
 */
final class ProjectionFit {
  /** λ as a share of the mean of the diagonal of Σ s² p pᵀ. */
  private static final double RIDGE = 1e-2;

  /** Tokens at a time; the order of sums does not depend on it. */
  private static final int ROWS = 256;

  private final SampledExperts experts;
  private final RoutedChoice choice;
  private final MergeGroup group;
  private final MergedExpert merged;
  private final LayerExperts layer;
  private final RidgeRegression regression;
  private double energy;

  private ProjectionFit(SampledExperts experts, MergeGroup group, MergedExpert merged) {
    this.experts = experts;
    this.choice = RoutedChoice.of(experts);
    this.group = group;
    this.merged = merged;
    this.layer = experts.in(merged);
    this.regression = new RidgeRegression(experts.width(), experts.hidden());
  }

  /**
   * What a fit gives.
   *
   * @param stored the last projection, as it is to be stored
   * @param energy Σ ‖y‖²
   * @param errorBefore Σ ‖r‖²
   * @param errorAfter the same with the fitted projection, before rounding
   */
  record Result(MemorySegment stored, double energy, double errorBefore, double errorAfter) {}

  /** Fits one group on the tokens of a sample that chose any of its members. */
  static Result of(
      Arena arena,
      SourceModel source,
      SampledExperts experts,
      MergeGroup group,
      MergedExpert merged) {
    ProjectionFit fit = new ProjectionFit(experts, group, merged);
    fit.addUp();
    RidgeRegression.Solution solution = fit.regression.solve(RIDGE);
    return new Result(
        fit.corrected(arena, source, solution),
        fit.energy,
        solution.errorBefore(),
        solution.errorAfter());
  }

  private void addUp() {
    int[] tokens =
        IntStream.range(0, experts.inputs().rows())
            .filter(t -> group.experts().stream().anyMatch(e -> choice.chooses(t, e)))
            .toArray();
    for (int from = 0; from < tokens.length; from += ROWS) {
      add(Arrays.copyOfRange(tokens, from, Math.min(tokens.length, from + ROWS)));
    }
  }

  private void add(int[] tokens) {
    int hidden = experts.hidden();
    try (Arena arena = Arena.ofConfined()) {
      FloatMatrix x = FloatMatrix.allocate(arena, tokens.length, hidden);
      FloatMatrix p = FloatMatrix.allocate(arena, tokens.length, experts.width());
      FloatMatrix f = FloatMatrix.allocate(arena, tokens.length, hidden);
      FloatMatrix r = FloatMatrix.allocate(arena, tokens.length, hidden);
      float[] sums = new float[tokens.length];
      for (int row = 0; row < tokens.length; row++) {
        x.copyRowFrom(row, experts.inputs(), tokens[row]);
        for (int expert : group.experts()) {
          sums[row] += choice.factor(tokens[row], expert, false);
        }
        if (experts.scalesInputs()) {
          scale(x, row, sums[row]);
          sums[row] = 1;
        }
      }
      layer.activations(merged.place(), x, p);
      layer.outputs(merged.place(), x, f);
      double[][] y = added(tokens);
      for (int row = 0; row < tokens.length; row++) {
        scale(p, row, sums[row]);
        for (int column = 0; column < hidden; column++) {
          energy += y[row][column] * y[row][column];
          r.set(row, column, (float) (y[row][column] - (double) sums[row] * f.get(row, column)));
        }
      }
      regression.add(p, r);
    }
  }

  /** What the members that some tokens chose add, {@code [tokens, H]}. */
  private double[][] added(int[] tokens) {
    double[][] added = new double[tokens.length][experts.hidden()];
    for (int expert : group.experts()) {
      int[] rows =
          IntStream.range(0, tokens.length)
              .filter(row -> choice.chooses(tokens[row], expert))
              .toArray();
      if (rows.length > 0) {
        try (Arena arena = Arena.ofConfined()) {
          FloatMatrix outputs = FloatMatrix.allocate(arena, rows.length, experts.hidden());
          experts.outputs(expert, IntStream.of(rows).map(row -> tokens[row]).toArray(), outputs);
          for (int i = 0; i < rows.length; i++) {
            double factor = choice.factor(tokens[rows[i]], expert, experts.scalesInputs());
            for (int column = 0; column < experts.hidden(); column++) {
              added[rows[i]][column] += factor * outputs.get(i, column);
            }
          }
        }
      }
    }
    return added;
  }

  private static void scale(FloatMatrix matrix, int row, float factor) {
    for (int column = 0; column < matrix.columns(); column++) {
      matrix.set(row, column, matrix.get(row, column) * factor);
    }
  }

  /** The mean's last projection and the correction, rounded once. */
  private MemorySegment corrected(
      Arena arena, SourceModel source, RidgeRegression.Solution correction) {
    TensorRole role = new ExpertTensors(source.architecture().names()).roles().getLast();
    TensorView mean =
        merged.view(source.architecture().names().weight(role, experts.layer(), group.leader()));
    RoutedExpert expert = source.architecture().moe().expert();
    boolean transposed = NeuronOrder.of(expert, role, false).side() == NeuronOrder.Side.ROWS;
    TensorInfo info = mean.info();
    DType type = info.dtype();
    int columns = transposed ? experts.hidden() : experts.width();
    int rows = transposed ? experts.width() : experts.hidden();
    MemorySegment stored = arena.allocate(info.byteSize(), 64);
    long rowBytes = type.byteSize(columns);
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment values = scratch.allocate(ValueLayout.JAVA_FLOAT, columns);
      for (int row = 0; row < rows; row++) {
        ElementDecoder.decode(type, mean.bytes().asSlice(row * rowBytes, rowBytes), values);
        for (int column = 0; column < columns; column++) {
          double added = transposed ? correction.get(column, row) : correction.get(row, column);
          values.setAtIndex(
              ValueLayout.JAVA_FLOAT,
              column,
              (float) (values.getAtIndex(ValueLayout.JAVA_FLOAT, column) + added));
        }
        ElementEncoder.encode(type, values, stored.asSlice(row * rowBytes, rowBytes));
      }
    }
    return stored;
  }
}
