package io.moetool.transforms.plan;

import io.moetool.analyzers.saliency.LayerMeasurements;
import io.moetool.formats.BadInputException;
import io.moetool.formats.TensorStore;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.MoeBlock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** Makes plans for one model. The same input gives the same plan, to the byte. */
public final class Planner {
  private final PlannedModel model;
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
    this(architecture, tensors, fingerprint, toolVersion, ResultForm.SAFETENSORS);
  }

  /**
   * As {@link #Planner(Architecture, TensorStore, String, String)}, for a result of another form.
   *
   * @param form what plans are to be carried out as
   */
  public Planner(
      Architecture architecture,
      TensorStore tensors,
      String fingerprint,
      String toolVersion,
      ResultForm form) {
    this(new PlannedCheckpoint(architecture, tensors, fingerprint, form), toolVersion);
  }

  /**
   * A planner for one model, whatever it is stored as.
   *
   * @param toolVersion names the tool in the plan
   */
  public Planner(PlannedModel model, String toolVersion) {
    this.model = model;
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
    MoeBlock moe = model.moe();
    ExpertCount count = new ExpertCount(model);
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
              .keep(
                  evidence.where(),
                  counts.get(layers.size()),
                  model.fillsPlaces() ? expertsAfter : counts.get(layers.size())));
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
            RaisedCoefficients.concerns(moe.routing())
                ? RaisedCoefficients.explained(evidence, layers)
                : layers,
            warnings(
                PlanWarnings.of(moe, evidence, layers, expertsAfter, model.loading(expertsAfter)),
                expertsAfter),
            Optional.empty(),
            new Plan.Forecast(0, 0),
            model.loading(expertsAfter));
    return plan.forSource(plan.source(), model.forecast(plan.places()));
  }

  /**
   * Decides which experts become one: the same number of groups in every layer, or, under {@link
   * Budget.Global}, more where more experts count. Protected experts stay as they are, alone.
   *
   * @throws BadInputException if the target cannot be reached, or the evidence does not fit the
   *     checkpoint
   */
  public Plan merge(MergeEvidence evidence, PlanRequest request, Merging merging) {
    return merge(evidence, request, merging, Optional.empty());
  }

  /**
   * As {@link #merge(MergeEvidence, PlanRequest, Merging)}, once a part of the experts has gone
   * without becoming part of another: those with the lowest scores of the method.
   *
   * @param removedFirst how many of all experts of a layer these are
   */
  public Plan merge(
      MergeEvidence evidence,
      PlanRequest request,
      Merging merging,
      Optional<Target.Count> removedFirst) {
    requireReachable(request);
    Evidence scores = evidence.scores();
    requireFitting(scores);
    MoeBlock moe = model.moe();
    int expertsAfter = new ExpertCount(model).of(request);
    ExpertGroups routerGroups = ExpertGroups.of(moe);
    int removed = removed(removedFirst, routerGroups, merging);
    List<Integer> counts =
        request.budget() instanceof Budget.Global(int floor)
            ? GroupCounts.of(scores, request.protection(), expertsAfter, floor)
            : Collections.nCopies(scores.layers().size(), expertsAfter);
    int most = Collections.max(counts);
    List<LayerPlan> layers = new ArrayList<>();
    for (LayerMeasurements layer : evidence.layers()) {
      layers.add(
          new LayerGrouping(
                  evidence.method(),
                  layer,
                  routerGroups,
                  request.protection().of(layer.layer()),
                  removed)
              .into(scores.where(), counts.get(layers.size())));
    }
    Plan plan =
        new Plan(
            Plan.FORMAT_VERSION,
            toolVersion,
            source(),
            Plan.MERGE,
            evidence.method().name(),
            new Plan.Options(
                request.targetText()
                    + removedFirst.map(first -> ", %s before merging".formatted(first)).orElse(""),
                request.budgetText(),
                scores.seed(),
                scores.domains(),
                request.protection().rules(),
                Optional.of(merging)),
            scores.statistics(),
            moe.experts(),
            most,
            moe.routing().expertsPerToken(),
            layers,
            warnings(
                PlanWarnings.ofMerging(
                    moe, scores, most, merging, model.loading(merging.stores(most, moe.experts()))),
                merging.stores(most, moe.experts())),
            Optional.empty(),
            new Plan.Forecast(0, 0),
            merging.needsOnnx()
                ? ResultForm.ONNX_RUNTIME
                : model.loading(merging.stores(most, moe.experts())));
    return plan.forSource(plan.source(), model.forecast(plan.places()));
  }

  /** Experts of a layer that go before the rest is merged. */
  private int removed(
      Optional<Target.Count> removedFirst, ExpertGroups routerGroups, Merging merging) {
    if (removedFirst.isEmpty()) {
      return 0;
    }
    if (merging.keepsRows()) {
      throw new BadInputException(
          "router '%s'".formatted(merging.router()),
          "every expert keeps its row, so none can be removed before the rest is merged",
          "use another router, or merge without removing experts first");
    }
    int experts = model.moe().experts();
    int removed = experts - removedFirst.get().expertsAfter(experts);
    if (removed == 0 || removed % routerGroups.count() != 0) {
      throw new BadInputException(
          "%s before merging".formatted(removedFirst.get()),
          "of %d experts in %d groups of the router that is %d"
              .formatted(experts, routerGroups.count(), removed),
          "remove at least one of every group, and as many of each");
    }
    return removed;
  }

  private List<String> warnings(List<String> ofDecision, int expertsStored) {
    List<String> all = new ArrayList<>(ofDecision);
    all.addAll(model.warnings(expertsStored));
    return all;
  }

  private Plan.Source source() {
    return new Plan.Source(
        model.fingerprint(), model.modelType(), model.routers(), Optional.empty());
  }

  /**
   * Makes sure that a target can be reached; worth asking before the model is run for scores.
   *
   * @throws BadInputException if too few or too many experts would stay, groups would be uneven, or
   *     layers may come to keep different numbers of experts and the family cannot
   */
  public void requireReachable(PlanRequest request) {
    if (request.mayBeUneven()) {
      model.requireUneven(request.budgetText());
      ExpertGroups groups = ExpertGroups.of(model.moe());
      if (groups.count() > 1 && !(request.target() instanceof Target.Listed)) {
        throw new BadInputException(
            request.budgetText(),
            "its routers divide experts into %d groups, of which equally many have to stay"
                .formatted(groups.count()),
            "give counts by layer that are multiples of it (--budget FILE)");
      }
    }
    new ExpertCount(model).of(request);
  }

  private void requireFitting(Evidence evidence) {
    if (!evidence.fingerprint().equals(model.fingerprint())) {
      throw new BadInputException(
          evidence.where(),
          "scores are for another model: %s, this one is %s"
              .formatted(evidence.fingerprint(), model.fingerprint()),
          "analyze this model and plan with what is written then");
    }
    List<Integer> layers = evidence.layers().stream().map(LayerEvidence::layer).toList();
    if (!layers.equals(model.moe().layers())) {
      throw new BadInputException(
          evidence.where(),
          "scores are for layers %s, the model has experts in layers %s"
              .formatted(layers, model.moe().layers()),
          "analyze this model again");
    }
    for (LayerEvidence layer : evidence.layers()) {
      String place =
          "%s, method %s, layer %d".formatted(evidence.where(), evidence.method(), layer.layer());
      if (layer.experts() != model.moe().experts()) {
        throw new BadInputException(
            place,
            "scores are for %d experts, the model has %d"
                .formatted(layer.experts(), model.moe().experts()),
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
