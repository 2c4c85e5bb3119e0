package io.moetool.transforms.merge;

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
import io.moetool.transforms.plan.LayerPlan;
import io.moetool.transforms.plan.MergeGroup;
import io.moetool.transforms.plan.Plan;
import io.moetool.transforms.plan.Repair;
import io.moetool.transforms.repair.UndroppedTokens;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * Fits the last projections of all merged experts of a plan, each layer on the inputs that it has
 * in the unchanged model. Memory holds what as many groups become as there are threads.
 */
public final class LeastSquaresRepair implements SampleTap {
  private final SourceModel source;
  private final SampledTokens sample;
  private final Map<Integer, LayerPlan> plans = new TreeMap<>();
  private final FittedProjections fitted;
  private final List<Repair.Layer> layers = new ArrayList<>();

  private LeastSquaresRepair(
      SourceModel source, Plan plan, SampledTokens sample, FittedProjections fitted) {
    this.source = source;
    this.sample = sample;
    this.fitted = fitted;
    plan.layers().forEach(layer -> plans.put(layer.layer(), layer));
  }

  /**
   * The fitted projections of a plan that merges.
   *
   * @param source the checkpoint the plan has been held against
   * @param tokens how many tokens of the data are looked at, at most
   * @param output names the disk that they lie on until they are written
   * @throws BadInputException if merged experts cannot be stored
   */
  public static FittedProjections fit(
      SourceModel source,
      Plan plan,
      SequenceData data,
      int tokens,
      OrtEngine engine,
      WorkPool pool,
      RunProgress progress,
      Path output) {
    UndroppedTokens.require(source.architecture());
    GroupMeans.requireStorable(source);
    SampledTokens sample = SampledTokens.evenly(data, tokens);
    FittedProjections fitted =
        FittedProjections.of(
            new GroupMeans(source, GroupAlignments.of(source, plan, pool), pool), output);
    try {
      LeastSquaresRepair repair = new LeastSquaresRepair(source, plan, sample, fitted);
      source.observe(data, Taps.of(repair), engine, pool, progress);
      fitted.complete(
          new Repair(Repair.LEAST_SQUARES, data.fingerprint(), sample.most(), repair.layers));
      return fitted;
    } catch (RuntimeException | Error e) {
      fitted.close();
      throw e;
    }
  }

  @Override
  public SampledTokens sample() {
    return sample;
  }

  @Override
  public void observe(SampledExperts experts) {
    List<MergeGroup> groups = Objects.requireNonNull(plans.get(experts.layer())).groups();
    int atOnce = experts.pool().threads();
    double energy = 0;
    double before = 0;
    double after = 0;
    for (int from = 0; from < groups.size(); from += atOnce) {
      List<MergeGroup> some = groups.subList(from, Math.min(groups.size(), from + atOnce));
      try (Arena arena = Arena.ofShared()) {
        List<MergedExpert> merged =
            some.stream()
                .map(group -> fitted.means().expert(arena, experts.layer(), group))
                .toList();
        ProjectionFit.Result[] results = new ProjectionFit.Result[some.size()];
        experts
            .pool()
            .forEach(
                results.length,
                i ->
                    results[i] =
                        ProjectionFit.of(arena, source, experts, some.get(i), merged.get(i)));
        for (int i = 0; i < results.length; i++) {
          fitted.put(experts.layer(), some.get(i).leader(), results[i].stored());
          energy += results[i].energy();
          before += results[i].errorBefore();
          after += results[i].errorAfter();
        }
      }
    }
    layers.add(
        new Repair.Layer(
            experts.layer(),
            1.0,
            List.of(),
            energy == 0 ? 0 : before / energy,
            energy == 0 ? 0 : after / energy));
  }
}
