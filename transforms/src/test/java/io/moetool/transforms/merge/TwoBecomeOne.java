package io.moetool.transforms.merge;

import io.moetool.transforms.SourceModel;
import io.moetool.transforms.plan.LayerPlan;
import io.moetool.transforms.plan.MergeGroup;
import io.moetool.transforms.plan.Merging;
import io.moetool.transforms.plan.Merging.Alignment;
import io.moetool.transforms.plan.Merging.Router;
import io.moetool.transforms.plan.Plan;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.IntStream;

/** The plan of these tests. */
final class TwoBecomeOne {
  private TwoBecomeOne() {}

  /** Experts 0 and 1 of every layer, weighted 1 to 3; all others stay alone. */
  static Plan plan(SourceModel source, Router router, Alignment alignment) {
    int experts = source.architecture().moe().experts();
    List<LayerPlan> layers =
        source.architecture().moe().layers().stream()
            .map(layer ->
                new LayerPlan(
                    layer,
                    IntStream.range(0, experts).filter(e -> e != 1).boxed().toList(),
                    List.of(),
                    List.of(1),
                    Collections.nCopies(experts, 1.0),
                    OptionalDouble.empty(),
                    OptionalDouble.empty(),
                    List.of(),
                    List.of(),
                    List.of(new MergeGroup(0, List.of(0, 1), List.of(0.25, 0.75)))))
            .toList();
    return new Plan(
        Plan.FORMAT_VERSION,
        "test",
        new Plan.Source(
            source.fingerprint(), source.config().modelType(), Optional.empty(), Optional.empty()),
        Plan.MERGE,
        "by hand",
        new Plan.Options(
            "keep " + (experts - 1),
            "budget uniform",
            OptionalLong.empty(),
            Optional.empty(),
            List.of(),
            Optional.of(Merging.of(router, alignment))),
        Optional.empty(),
        experts,
        experts - 1,
        source.architecture().moe().routing().expertsPerToken(),
        layers,
        List.of(),
        Optional.empty(),
        new Plan.Forecast(0, 0),
        List.of());
  }

  /** Layers of a plan in which nobody is grouped: who would join another one is removed. */
  static List<LayerPlan> alone(Plan plan) {
    return plan.layers().stream()
        .map(layer ->
            new LayerPlan(
                layer.layer(),
                layer.kept(),
                layer.masked(),
                layer.dropped(),
                layer.scores(),
                layer.margin(),
                layer.damage(),
                layer.protectedExperts(),
                layer.reasons(),
                List.of()))
        .toList();
  }
}
