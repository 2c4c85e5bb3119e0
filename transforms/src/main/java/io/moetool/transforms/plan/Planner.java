package io.moetool.transforms.plan;

import io.moetool.analyzers.inspect.LoadMatrix;
import io.moetool.analyzers.saliency.LayerMeasurements;
import io.moetool.formats.BadInputException;
import io.moetool.formats.TensorStore;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.MoeBlock;
import io.moetool.transforms.layout.DeadSlots;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Makes plans for one checkpoint. The same input gives the same plan, to the byte. */
public final class Planner {
  private final Architecture architecture;
  private final TensorStore tensors;
  private final String fingerprint;
  private final String toolVersion;

  /**
   * A planner for one checkpoint.
   *
   * @param architecture what its config says
   * @param tensors its tensors; only names and sizes are looked at
   * @param fingerprint names the checkpoint in the plan
   * @param toolVersion names the tool in the plan
   */
  public Planner(
      Architecture architecture, TensorStore tensors, String fingerprint, String toolVersion) {
    this.architecture = architecture;
    this.tensors = tensors;
    this.fingerprint = fingerprint;
    this.toolVersion = toolVersion;
  }

  /**
   * Decides which experts go: in every layer those with the lowest scores.
   *
   * @throws BadInputException if the target cannot be reached, a score is no finite number, the
   *     evidence does not fit the checkpoint, or layers are to keep different numbers of experts
   *     and the family cannot
   */
  public Plan prune(Evidence evidence, PlanRequest request) {
    requireReachable(request);
    requireFitting(evidence);
    MoeBlock moe = architecture.moe();
    ExpertCount count = new ExpertCount(architecture, tensors);
    List<Integer> counts = LayerCounts.of(evidence, request, count.of(request));
    int expertsAfter = counts.stream().mapToInt(Integer::intValue).max().orElseThrow();
    ExpertGroups groups = ExpertGroups.of(moe);
    int everywhere = request.protection().fewest(moe.layers(), groups);
    List<LayerPlan> layers = new ArrayList<>();
    for (LayerEvidence layer : evidence.layers()) {
      layers.add(
          new LayerChoice(
                  layer,
                  groups,
                  request.protection().of(layer.layer()),
                  own ->
                      request.mayBeUneven()
                          ? own
                          : count.atLeast(Math.max(own, everywhere), request.multipleOf()))
              .keep(evidence.where(), counts.get(layers.size()), expertsAfter));
    }
    Plan plan =
        new Plan(
            Plan.FORMAT_VERSION,
            toolVersion,
            source(),
            Plan.PRUNE,
            evidence.method(),
            new Plan.Options(
                request.targetText(),
                request.budgetText(),
                evidence.seed(),
                evidence.domains(),
                request.protection().rules(),
                Optional.empty()),
            evidence.statistics(),
            moe.experts(),
            expertsAfter,
            moe.routing().expertsPerToken(),
            layers,
            warnings(PlanWarnings.of(moe, evidence, expertsAfter), expertsAfter),
            Optional.empty(),
            new Plan.Forecast(0, 0),
            LoadMatrix.of(true, expertsAfter, moe.routing().expertsPerToken()));
    return plan.forSource(plan.source(), PlanForecast.of(architecture, tensors, plan.places()));
  }

  /**
   * Decides which experts become one: the same number of groups in every layer. Protected experts
   * stay as they are, alone.
   *
   * @throws BadInputException if the target cannot be reached, or the evidence does not fit the
   *     checkpoint
   */
  public Plan merge(MergeEvidence evidence, PlanRequest request, Merging merging) {
    requireReachable(request);
    Evidence scores = evidence.scores();
    requireFitting(scores);
    MoeBlock moe = architecture.moe();
    int expertsAfter = new ExpertCount(architecture, tensors).of(request);
    ExpertGroups routerGroups = ExpertGroups.of(moe);
    List<LayerPlan> layers = new ArrayList<>();
    for (LayerMeasurements layer : evidence.layers()) {
      layers.add(
          new LayerGrouping(
                  evidence.method(), layer, routerGroups, request.protection().of(layer.layer()))
              .into(scores.where(), expertsAfter));
    }
    Plan plan =
        new Plan(
            Plan.FORMAT_VERSION,
            toolVersion,
            source(),
            Plan.MERGE,
            evidence.method().name(),
            new Plan.Options(
                request.targetText(),
                request.budgetText(),
                scores.seed(),
                scores.domains(),
                request.protection().rules(),
                Optional.of(merging)),
            scores.statistics(),
            moe.experts(),
            expertsAfter,
            moe.routing().expertsPerToken(),
            layers,
            warnings(
                PlanWarnings.ofMerging(moe, scores, expertsAfter, merging),
                merging.stores(expertsAfter, moe.experts())),
            Optional.empty(),
            new Plan.Forecast(0, 0),
            LoadMatrix.of(
                true,
                merging.stores(expertsAfter, moe.experts()),
                moe.routing().expertsPerToken()));
    return plan.forSource(plan.source(), PlanForecast.of(architecture, tensors, plan.places()));
  }

  private List<String> warnings(List<String> ofDecision, int expertsStored) {
    List<String> all = new ArrayList<>(ofDecision);
    all.addAll(PlanWarnings.ofAssumption(architecture));
    all.addAll(PlanWarnings.ofTail(architecture, tensors, expertsStored));
    return all;
  }

  private Plan.Source source() {
    return new Plan.Source(
        fingerprint,
        architecture.modelType(),
        RouterValues.hash(architecture, tensors),
        Optional.empty());
  }

  /**
   * Makes sure that a target can be reached; worth asking before the model is run for scores.
   *
   * @throws BadInputException if too few or too many experts would stay, groups would be uneven, or
   *     layers may come to keep different numbers of experts and the family cannot
   */
  public void requireReachable(PlanRequest request) {
    if (request.mayBeUneven()) {
      DeadSlots.require(request.budgetText(), architecture);
    }
    new ExpertCount(architecture, tensors).of(request);
  }

  private void requireFitting(Evidence evidence) {
    if (!evidence.fingerprint().equals(fingerprint)) {
      throw new BadInputException(
          evidence.where(),
          "scores are for another model: %s, this one is %s"
              .formatted(evidence.fingerprint(), fingerprint),
          "analyze this model and plan with what is written then");
    }
    List<Integer> layers = evidence.layers().stream().map(LayerEvidence::layer).toList();
    if (!layers.equals(architecture.moe().layers())) {
      throw new BadInputException(
          evidence.where(),
          "scores are for layers %s, the model has experts in layers %s"
              .formatted(layers, architecture.moe().layers()),
          "analyze this model again");
    }
    for (LayerEvidence layer : evidence.layers()) {
      String place =
          "%s, method %s, layer %d".formatted(evidence.where(), evidence.method(), layer.layer());
      if (layer.experts() != architecture.moe().experts()) {
        throw new BadInputException(
            place,
            "scores are for %d experts, the model has %d"
                .formatted(layer.experts(), architecture.moe().experts()),
            "analyze this model again");
      }
      for (int expert = 0; expert < layer.experts(); expert++) {
        if (!Double.isFinite(layer.score(expert))) {
          throw new BadInputException(
              "%s, expert %d".formatted(place, expert),
              "the score is " + layer.score(expert),
              "look for infinite or undefined weights, or choose another method");
        }
      }
    }
  }
}
