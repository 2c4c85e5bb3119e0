package io.moetool.transforms.plan;

import io.moetool.transforms.SourceModel;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;

/** A plan by which layers keep given numbers of experts, other ones in each. */
public final class CountedPlan {
  private CountedPlan() {}

  /** Which experts of a layer stay follows from its index. */
  public static Plan of(SourceModel source, List<Integer> counts, ResultForm form) {
    int experts = source.architecture().moe().experts();
    List<LayerEvidence> layers =
        source.architecture().moe().layers().stream()
            .map(layer ->
                LayerEvidence.ofWeights(
                    layer,
                    IntStream.range(0, experts)
                        .mapToDouble(expert -> (expert * 3 + layer) % experts)
                        .toArray()))
            .toList();
    Evidence evidence =
        new Evidence(
            "test",
            source.fingerprint(),
            "random",
            OptionalLong.of(7),
            Optional.empty(),
            Optional.empty(),
            layers);
    return new Planner(source.architecture(), source.tensors(), source.fingerprint(), "test", form)
        .prune(evidence, PlanRequest.of(new Target.Listed(counts)));
  }
}
