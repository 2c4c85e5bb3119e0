package io.moetool.transforms.repair;

import io.moetool.formats.BadInputException;
import io.moetool.kernels.FloatMatrix;
import io.moetool.kernels.IntMatrix;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.CheckpointModel;
import io.moetool.runtime.run.ExpertMask;
import io.moetool.runtime.run.RunProgress;
import io.moetool.runtime.run.SampleTap;
import io.moetool.runtime.run.SampledExperts;
import io.moetool.runtime.run.Taps;
import io.moetool.runtime.run.TokenSample;
import io.moetool.runtime.run.WorkPool;
import io.moetool.runtime.text.SequenceData;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.layout.ScaledElements;
import io.moetool.transforms.plan.LayerPlan;
import io.moetool.transforms.plan.Plan;
import io.moetool.transforms.plan.Repair;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Fits one factor a layer on the outputs of the experts that stay. Where coefficients are shares of
 * a softmax over all experts that are not renormalised, removing experts raises those of all
 * others, by 1/(1 - removed share): the mean of that is undone, and what else lies along the
 * output. Each layer is fitted on the inputs that it has in the unchanged model.
 *
 * <p>A sample of the tokens is routed with and without the experts that go, by the model's own
 * router; memory holds blocks of it.
 */
public final class ScalarRepair implements SampleTap {
  /** Tokens compared at a time. */
  private static final int BLOCK = 256;

  private final TokenSample sample;
  private final Map<Integer, LayerPlan> plans = new HashMap<>();
  private final List<Repair.Layer> fitted = new ArrayList<>();

  private ScalarRepair(Plan plan, TokenSample sample) {
    this.sample = sample;
    plan.layers().forEach(layer -> plans.put(layer.layer(), layer));
  }

  /**
   * The repair of a plan.
   *
   * @param source the checkpoint the plan has been held against
   * @param tokens how many tokens of the data are compared at most
   * @throws BadInputException if its weights cannot be scaled
   */
  public static Repair fit(
      SourceModel source,
      Plan plan,
      SequenceData data,
      int tokens,
      OrtEngine engine,
      WorkPool pool,
      RunProgress progress) {
    ScaledElements.require(source.architecture(), source.tensors());
    ScalarRepair repair = new ScalarRepair(plan, TokenSample.evenly(data, tokens));
    try (CheckpointModel model =
        new CheckpointModel(
            source.tensors(), source.architecture(), engine, pool, ExpertMask.NONE)) {
      model.observe(data, Taps.of(repair), progress);
    }
    return new Repair(Repair.SCALAR, data.fingerprint(), repair.sample.tokens(), repair.fitted);
  }

  @Override
  public TokenSample sample() {
    return sample;
  }

  @Override
  public void observe(SampledExperts experts) {
    LayerPlan plan = plans.get(experts.layer());
    if (plan == null) {
      throw new IllegalArgumentException("no plan for layer " + experts.layer());
    }
    if (plan.kept().size() == experts.experts()) {
      fitted.add(ScaleFit.NONE.of(experts.layer()));
      return;
    }
    int tokens = experts.inputs().rows();
    try (Arena arena = Arena.ofShared()) {
      Choice before = new Choice(experts.selected(), experts.coefficients());
      Choice after = without(arena, experts, plan);
      ScaleFit[] blocks = new ScaleFit[Math.ceilDiv(tokens, BLOCK)];
      experts
          .pool()
          .forEach(
              blocks.length,
              block ->
                  blocks[block] =
                      compare(
                          experts,
                          before,
                          after,
                          block * BLOCK,
                          Math.min(tokens, (block + 1) * BLOCK)));
      fitted.add(Arrays.stream(blocks).reduce(ScaleFit.NONE, ScaleFit::plus).of(experts.layer()));
    }
  }

  /** Experts of every token and their coefficients, {@code [n, K]}. */
  private record Choice(IntMatrix experts, FloatMatrix coefficients) {
    /** Coefficient of an expert, 0 if it is not chosen. */
    float of(int token, int expert, boolean outputsAreAdded) {
      for (int rank = 0; rank < experts.columns(); rank++) {
        if (experts.get(token, rank) == expert) {
          return outputsAreAdded ? 1 : coefficients.get(token, rank);
        }
      }
      return 0;
    }
  }

  private static Choice without(Arena arena, SampledExperts experts, LayerPlan plan) {
    boolean[] gone = new boolean[experts.experts()];
    Arrays.fill(gone, true);
    plan.kept().forEach(expert -> gone[expert] = false);
    int tokens = experts.inputs().rows();
    int perToken = experts.selected().columns();
    Choice choice =
        new Choice(
            IntMatrix.allocate(arena, tokens, perToken),
            FloatMatrix.allocate(arena, tokens, perToken));
    experts
        .router()
        .withMasked(gone)
        .route(
            experts.routerLogits(),
            choice.experts(),
            choice.coefficients(),
            FloatMatrix.allocate(arena, tokens, experts.experts()));
    return choice;
  }

  /** What tokens from.. to get from their experts before and after, expert by expert. */
  private static ScaleFit compare(
      SampledExperts experts, Choice before, Choice after, int from, int to) {
    int hidden = experts.hidden();
    double[][] z = new double[to - from][hidden];
    double[][] y = new double[to - from][hidden];
    boolean added = experts.scalesInputs();
    for (int e = 0; e < experts.experts(); e++) {
      int expert = e;
      int[] tokens =
          IntStream.range(from, to)
              .filter(t -> before.of(t, expert, true) != 0 || after.of(t, expert, true) != 0)
              .toArray();
      if (tokens.length > 0) {
        try (Arena arena = Arena.ofConfined()) {
          FloatMatrix outputs = FloatMatrix.allocate(arena, tokens.length, hidden);
          experts.outputs(expert, tokens, outputs);
          for (int row = 0; row < tokens.length; row++) {
            float[] output = outputs.rowToArray(row);
            add(z[tokens[row] - from], before.of(tokens[row], expert, added), output);
            add(y[tokens[row] - from], after.of(tokens[row], expert, added), output);
          }
        }
      }
    }
    ScaleFit sums = ScaleFit.NONE;
    for (int row = 0; row < z.length; row++) {
      sums = sums.plus(new ScaleFit(dot(z[row], z[row]), dot(z[row], y[row]), dot(y[row], y[row])));
    }
    return sums;
  }

  private static void add(double[] sum, float coefficient, float[] output) {
    for (int i = 0; coefficient != 0 && i < sum.length; i++) {
      sum[i] += (double) coefficient * output[i];
    }
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
