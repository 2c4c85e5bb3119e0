package io.moetool.transforms.prune;

import io.moetool.formats.BadInputException;
import io.moetool.formats.TensorStore;
import io.moetool.formats.family.RouterSpec;
import io.moetool.runtime.graph.HeldExperts;
import io.moetool.runtime.run.ExpertMask;
import io.moetool.runtime.run.WorkPool;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.layout.ExpertPlaces;
import io.moetool.transforms.layout.PlannedStore;
import io.moetool.transforms.layout.PlannedTensors;
import io.moetool.transforms.layout.PrunedConfig;
import io.moetool.transforms.merge.MergedTensors;
import io.moetool.transforms.plan.LayerPlan;
import io.moetool.transforms.plan.MergeGroup;
import io.moetool.transforms.plan.Plan;
import io.moetool.transforms.plan.PlanCheck;
import io.moetool.transforms.plan.Repair;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a plan makes of a checkpoint where every layer may hold another number of experts, and rows
 * of its router may share one: more than a checkpoint can say. Beside it stands a twin that a
 * checkpoint can be run as: the source's experts, all of them, merged ones once for each member,
 * with those that go never chosen. Both compute the same.
 *
 * @param planned tensors of the result
 * @param tensors the same, to be read
 * @param experts how many each layer holds
 * @param config the source's config with the largest number of rows that a router has
 * @param twin tensors of the twin
 * @param mask experts that the twin never chooses
 */
public record UnevenModel(
    PlannedTensors planned,
    TensorStore tensors,
    HeldExperts experts,
    String config,
    TensorStore twin,
    ExpertMask mask) {

  /**
   * Lays the result out; reads headers only.
   *
   * @param source stays open while this is used
   * @param where names the plan in messages
   * @param pool computes merged experts
   * @throws BadInputException if the plan is not for this source or cannot be carried out
   */
  public static UnevenModel of(SourceModel source, String where, Plan plan, WorkPool pool) {
    PlanCheck.requireForOnnx(where, plan, source.architecture(), source.fingerprint());
    if (plan.repair().filter(Repair::fitsProjections).isPresent()) {
      throw new BadInputException(
          where,
          "it says that last projections were fitted on data, and does not hold them",
          "write a checkpoint with moetool merge --repair %s, and convert that"
              .formatted(Repair.LEAST_SQUARES));
    }
    requireSummable(source, where, plan);
    PruneWork.requireCapable(source, where, plan, Optional.empty());
    ExpertPlaces live = plan.livePlaces();
    PlannedTensors planned = new MergedTensors(source, plan, live, pool, Optional.empty()).all();
    HeldExperts experts = held(plan, live);
    return new UnevenModel(
        planned,
        new PlannedStore(source.tensors(), planned),
        experts,
        PrunedConfig.text(source, plan.mapsRows() ? plan.expertsBefore() : experts.most(), live),
        new PlannedStore(
            source.tensors(),
            new MergedTensors(source, plan, plan.everyPlace(), pool, Optional.empty()).all()),
        mask(plan));
  }

  /**
   * A merged expert is computed once, so what its members count has to be a factor of its output.
   */
  private static void requireSummable(SourceModel source, String where, Plan plan) {
    RouterSpec routing = source.architecture().moe().routing();
    if (plan.mapsRows()
        && routing.appliesTo() == RouterSpec.AppliesTo.INPUT
        && routing.expertsPerToken() > 1) {
      throw new BadInputException(
          where,
          "coefficients multiply what enters an expert, so one expert cannot stand for two that a token chose",
          "merge with --router drop");
    }
  }

  private static HeldExperts held(Plan plan, ExpertPlaces places) {
    Map<Integer, HeldExperts.Layer> layers = new TreeMap<>();
    for (LayerPlan layer : plan.layers()) {
      List<Integer> stored = Objects.requireNonNull(places.stored().get(layer.layer()));
      layers.put(
          layer.layer(),
          plan.mapsRows()
              ? new HeldExperts.Layer(stored.size(), map(layer, plan.expertsBefore(), stored))
              : HeldExperts.Layer.each(stored.size()));
    }
    return new HeldExperts(layers);
  }

  private static List<Integer> map(LayerPlan layer, int experts, List<Integer> stored) {
    Map<Integer, Integer> leaders = new HashMap<>();
    for (MergeGroup group : layer.groups()) {
      group.experts().forEach(expert -> leaders.put(expert, group.leader()));
    }
    List<Integer> map = new ArrayList<>();
    for (int expert = 0; expert < experts; expert++) {
      map.add(stored.indexOf(leaders.getOrDefault(expert, expert)));
    }
    return map;
  }

  /** Nobody is masked where every member of a group keeps its row. */
  private static ExpertMask mask(Plan plan) {
    if (plan.mapsRows() || plan.expertsStored() > plan.expertsAfter()) {
      return ExpertMask.NONE;
    }
    Map<Integer, SortedSet<Integer>> removed = new TreeMap<>();
    for (LayerPlan layer : plan.layers()) {
      SortedSet<Integer> gone = new TreeSet<>(layer.dropped());
      gone.addAll(layer.masked());
      removed.put(layer.layer(), gone);
    }
    return new ExpertMask(removed);
  }
}
