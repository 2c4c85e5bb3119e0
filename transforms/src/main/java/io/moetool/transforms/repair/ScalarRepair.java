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
import io.moetool.transforms.layout.ScaledElements;
import io.moetool.transforms.plan.LayerPlan;
import io.moetool.transforms.plan.Plan;
import io.moetool.transforms.plan.Repair;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

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
  private final SampledTokens sample;
  private final Map<Integer, LayerPlan> plans = new HashMap<>();
  private final List<Repair.Layer> fitted = new ArrayList<>();

  private ScalarRepair(Plan plan, SampledTokens sample) {
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
    UndroppedTokens.require(source.architecture());
    ScaledElements.require(source.architecture(), source.tensors());
    ScalarRepair repair = new ScalarRepair(plan, SampledTokens.evenly(data, tokens));
    source.observe(data, Taps.of(repair), engine, pool, progress);
    return new Repair(Repair.SCALAR, data.fingerprint(), repair.sample.most(), repair.fitted);
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
    if (plan.kept().size() == experts.experts()) {
      fitted.add(ScaleFit.NONE.of(experts.layer()));
      return;
    }
    try (Arena arena = Arena.ofShared()) {
      RoutedChoice after =
          RoutedChoice.by(
              experts.router().withMasked(plan.gone(experts.experts())), arena, experts);
      fitted.add(ScaleFit.between(experts, RoutedChoice.of(experts), after).of(experts.layer()));
    }
  }
}
