package io.moetool.transforms.repair;

import io.moetool.formats.BadInputException;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.RunProgress;
import io.moetool.runtime.run.SampleTap;
import io.moetool.runtime.run.SampledExperts;
import io.moetool.runtime.run.SampledTokens;
import io.moetool.runtime.run.Taps;
import io.moetool.runtime.run.WorkPool;
import io.moetool.runtime.text.SequenceData;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.layout.MixedRows;
import io.moetool.transforms.plan.LayerPlan;
import io.moetool.transforms.plan.Plan;
import io.moetool.transforms.plan.Repair;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Fits the rows of routers anew, layer by layer, on the inputs that each layer has in the unchanged
 * model: {@link RouterFit} says how. A sample of the tokens is run by all experts that stay; memory
 * holds inner products of their outputs.
 */
public final class RouterRepair implements SampleTap {
  private final CoefficientSlopes slopes;
  private final SampledTokens sample;
  private final Map<Integer, LayerPlan> plans = new HashMap<>();
  private final List<Repair.Layer> fitted = new ArrayList<>();

  private RouterRepair(CoefficientSlopes slopes, Plan plan, SampledTokens sample) {
    this.slopes = slopes;
    this.sample = sample;
    plan.layers().forEach(layer -> plans.put(layer.layer(), layer));
  }

  /**
   * The repair of a plan.
   *
   * @param source the checkpoint the plan has been held against
   * @param tokens how many tokens of the data are looked at, at most
   * @throws BadInputException if its routers cannot be fitted or written
   */
  public static Repair fit(
      SourceModel source,
      Plan plan,
      SequenceData data,
      int tokens,
      OrtEngine engine,
      WorkPool pool,
      RunProgress progress) {
    UndroppedTokens.require(source.architecture());
    MixedRows.require(source.architecture(), source.tensors());
    CoefficientSlopes slopes =
        CoefficientSlopes.of(
            source.architecture().moe().routing(), source.architecture().modelType());
    RouterRepair repair = new RouterRepair(slopes, plan, SampledTokens.evenly(data, tokens));
    source.observe(data, Taps.of(repair), engine, pool, progress);
    return new Repair(Repair.ROUTER, data.fingerprint(), repair.sample.most(), repair.fitted);
  }

  @Override
  public SampledTokens sample() {
    return sample;
  }

  @Override
  public void observe(SampledExperts experts) {
    LayerPlan plan = plans.get(experts.layer());
    if (plan == null) {
      throw new IllegalArgumentException("no plan for layer " + experts.layer());
    }
    int all = experts.experts();
    if (plan.kept().size() == all) {
      fitted.add(new Repair.Layer(experts.layer(), 1.0, List.of(), 0.0, 0.0));
      return;
    }
    OutputError outputs = OutputError.of(experts, plan.kept());
    RouterFit fit =
        new RouterFit(
            outputs,
            experts.routerLogits(),
            experts.router().withMasked(plan.gone(all)),
            slopes,
            plan.kept(),
            experts.pool());
    double before = fit.at(new Matrix(plan.kept().size(), all)).all();
    Matrix best = fit.best().rounded();
    fitted.add(
        new Repair.Layer(
            experts.layer(),
            1.0,
            best.isZero() ? List.of() : rows(best, plan),
            before / outputs.tokens(),
            best.isZero() ? before / outputs.tokens() : fit.at(best).all() / outputs.tokens()));
  }

  /** A row for every expert that is stored, of zeros for those that are never chosen. */
  private static List<List<Double>> rows(Matrix best, LayerPlan plan) {
    List<List<Double>> fitted = best.toLists();
    List<List<Double>> rows = new ArrayList<>();
    for (int expert : plan.stored()) {
      int position = plan.kept().indexOf(expert);
      rows.add(
          position < 0 ? fitted.getFirst().stream().map(_ -> 0.0).toList() : fitted.get(position));
    }
    return rows;
  }
}
