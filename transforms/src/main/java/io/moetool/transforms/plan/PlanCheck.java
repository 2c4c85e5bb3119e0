package io.moetool.transforms.plan;

import io.moetool.formats.BadInputException;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.MoeBlock;
import io.moetool.transforms.layout.DeadSlots;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Holds a plan, which somebody may have edited, against the checkpoint it is to be applied to. */
public final class PlanCheck {
  private final String where;
  private final Plan plan;
  private final ResultForm form;

  private PlanCheck(String where, Plan plan, ResultForm form) {
    this.where = where;
    this.plan = plan;
    this.form = form;
  }

  /**
   * Passes if the plan was made for this checkpoint and can be carried out on it.
   *
   * @param where names the plan in messages
   * @param fingerprint of the checkpoint
   * @throws BadInputException with the first contradiction
   */
  public static void require(
      String where, Plan plan, Architecture architecture, String fingerprint) {
    new PlanCheck(where, plan, ResultForm.SAFETENSORS)
        .run(
            architecture.modelType(),
            fingerprint,
            architecture.moe(),
            place -> DeadSlots.require(place, architecture));
  }

  /**
   * Passes if the plan was made for this checkpoint and can be carried out while it becomes an ONNX
   * model, whose layers may have different numbers of experts.
   *
   * @throws BadInputException with the first contradiction
   */
  public static void requireForOnnx(
      String where, Plan plan, Architecture architecture, String fingerprint) {
    new PlanCheck(where, plan, ResultForm.ONNX)
        .run(architecture.modelType(), fingerprint, architecture.moe(), _ -> {});
  }

  /** As {@link #require(String, Plan, Architecture, String)}, for a model in any form. */
  public static void require(String where, Plan plan, PlannedModel model) {
    new PlanCheck(where, plan, ResultForm.SAFETENSORS)
        .run(model.modelType(), model.fingerprint(), model.moe(), model::requireUneven);
  }

  private void run(
      String modelType, String fingerprint, MoeBlock moe, Consumer<String> requireUneven) {
    source(modelType, fingerprint);
    counts(moe);
    layers(moe);
    ExpertGroups groups = ExpertGroups.of(moe);
    requireMakeable();
    if (!plan.mapsRows()) {
      groups.require(where, plan.expertsStored(), plan.expertsPerToken());
    }
    for (LayerPlan layer : plan.layers()) {
      layer(layer, requireUneven);
      groups(layer, groups);
      MergeCheck.groups(where, layer, groups);
    }
    plan.repair().ifPresent(this::repair);
  }

  private void requireMakeable() {
    if (form == ResultForm.SAFETENSORS && plan.mapsRows()) {
      throw wrong(
          "",
          "options.merging.router is '%s', and the router of a checkpoint has one row for each of its experts"
              .formatted(Merging.Router.MAP.key()),
          ResultForm.CONVERT);
    }
    int most = plan.layers().stream().mapToInt(l -> l.stored().size()).max().orElse(0);
    if (form == ResultForm.ONNX && most != plan.expertsAfter()) {
      throw wrong(
          "",
          "expertsAfter is %d, and the layer with most experts keeps %d"
              .formatted(plan.expertsAfter(), most),
          "let expertsAfter be the largest number that a layer keeps");
    }
  }

  /** Whether layers differ, rather than all of them from what the plan says. */
  private boolean storesMostSomewhere() {
    return plan.layers().stream().anyMatch(l -> l.stored().size() == plan.expertsAfter());
  }

  private void source(String modelType, String fingerprint) {
    if (!plan.action().equals(Plan.PRUNE) && !plan.action().equals(Plan.MERGE)) {
      throw wrong(
          "",
          "action '%s' is not known".formatted(plan.action()),
          "known: %s, %s".formatted(Plan.PRUNE, Plan.MERGE));
    }
    MergeCheck.options(where, plan);
    if (!plan.source().modelType().equals(modelType)) {
      throw wrong(
          "",
          "it was made for a model of type '%s', this one is '%s'"
              .formatted(plan.source().modelType(), modelType),
          "make a plan for this model");
    }
    if (!plan.source().fingerprint().equals(fingerprint)) {
      throw wrong(
          "",
          "it was made for another checkpoint: %s, this one is %s"
              .formatted(plan.source().fingerprint(), fingerprint),
          "apply it to the checkpoint it was made for, or make a plan for this one; if this is another form of the same model, say so with --sibling");
    }
  }

  private void counts(MoeBlock moe) {
    int experts = moe.experts();
    int perToken = moe.routing().expertsPerToken();
    if (plan.expertsBefore() != experts || plan.expertsPerToken() != perToken) {
      throw wrong(
          "",
          "it speaks of %d experts, %d per token; the model has %d and %d"
              .formatted(plan.expertsBefore(), plan.expertsPerToken(), experts, perToken),
          "make a plan for this model");
    }
    int fewest = moe.fewestUsable();
    if (plan.expertsAfter() < fewest || plan.expertsAfter() > experts) {
      throw wrong(
          "",
          "expertsAfter is %d; every token uses %d of %d experts"
              .formatted(plan.expertsAfter(), perToken, experts),
          "keep from %d to %d experts in every layer".formatted(fewest, experts));
    }
  }

  private void layers(MoeBlock moe) {
    List<Integer> planned = plan.layers().stream().map(LayerPlan::layer).toList();
    if (!planned.equals(moe.layers())) {
      throw wrong(
          "",
          "it decides on layers %s, the model has experts in layers %s"
              .formatted(planned, moe.layers()),
          "name every layer with experts once, in ascending order");
    }
  }

  private void layer(LayerPlan layer, Consumer<String> requireUneven) {
    String place = ", layer " + layer.layer();
    requireIndices(place, "kept", layer.kept());
    requireIndices(place, "masked", layer.masked());
    requireIndices(place, "dropped", layer.dropped());
    requireIndices(place, "protected", layer.protectedExperts());
    if (form == ResultForm.SAFETENSORS && layer.stored().size() != plan.expertsAfter()) {
      throw wrong(
          place,
          "%d experts are kept%s, in the other layers %d (expertsAfter); a checkpoint has one count for all layers"
              .formatted(
                  layer.stored().size(),
                  layer.masked().isEmpty() ? "" : " or masked",
                  plan.expertsAfter()),
          "keep %d experts in layer %d, or change expertsAfter and every layer%s"
              .formatted(
                  plan.expertsAfter(),
                  layer.layer(),
                  storesMostSomewhere() ? "; or " + ResultForm.CONVERT : ""));
    }
    if (layer.kept().size() < plan.expertsAfter()) {
      if (!layer.masked().isEmpty()) {
        requireUneven.accept(where + place);
      }
      if (layer.kept().size() < plan.expertsPerToken()) {
        throw wrong(
            place,
            "%d experts are kept, every token uses %d"
                .formatted(layer.kept().size(), plan.expertsPerToken()),
            "keep at least %d".formatted(plan.expertsPerToken()));
      }
    }
    everyExpertOnce(place, layer);
    if (plan.options().merging().filter(Merging::keepsRows).isPresent()) {
      everyRowLeads(place, layer);
    }
    if (!new HashSet<>(layer.kept()).containsAll(layer.protectedExperts())) {
      throw wrong(
          place,
          "a protected expert is not kept: protected %s, kept %s"
              .formatted(layer.protectedExperts(), layer.kept()),
          "keep it, or take it off the protected list");
    }
    if (layer.scores().size() != plan.expertsBefore()
        || !layer.scores().stream().allMatch(Double::isFinite)) {
      throw wrong(
          place,
          "there are not %d finite scores".formatted(plan.expertsBefore()),
          "leave the scores as they were planned");
    }
  }

  private void repair(Repair repair) {
    if (plan.needsOnnx()) {
      throw wrong(
          ", repair",
          "repairs are fitted to checkpoints, and this plan can only become an ONNX model",
          "leave the repair out");
    }
    List<String> known =
        plan.action().equals(Plan.MERGE)
            ? List.of(Repair.LEAST_SQUARES)
            : List.of(Repair.SCALAR, Repair.ROUTER);
    if (!known.contains(repair.kind())) {
      throw wrong(
          ", repair",
          "'%s' is not known where action is '%s'".formatted(repair.kind(), plan.action()),
          "known: " + String.join(", ", known));
    }
    List<Integer> repaired = repair.layers().stream().map(Repair.Layer::layer).toList();
    List<Integer> planned = plan.layers().stream().map(LayerPlan::layer).toList();
    if (!repaired.equals(planned)) {
      throw wrong(
          ", repair",
          "it is of layers %s, the plan of layers %s".formatted(repaired, planned),
          "name every layer with experts once, in ascending order");
    }
    for (Repair.Layer layer : repair.layers()) {
      if (repair.fitsProjections() && layer.scale() != 1) {
        throw wrong(
            ", repair, layer " + layer.layer(),
            "scale is %s, and nothing is multiplied where projections are fitted"
                .formatted(layer.scale()),
            "leave it at 1");
      }
      float scale = layer.scale().floatValue();
      if (!(scale > 0 && scale < Float.POSITIVE_INFINITY)) {
        throw wrong(
            ", repair, layer " + layer.layer(),
            "the outputs of experts cannot be multiplied by " + layer.scale(),
            "leave the factors as they were fitted");
      }
      rows(layer);
      boolean ofKind =
          repair.kind().equals(Repair.ROUTER) ? layer.scale() == 1 : layer.rows().isEmpty();
      if (!ofKind) {
        throw wrong(
            ", repair, layer " + layer.layer(),
            "a repair of kind '%s' has no %s"
                .formatted(repair.kind(), repair.kind().equals(Repair.ROUTER) ? "scale" : "rows"),
            "leave the repair as it was fitted");
      }
    }
  }

  private void rows(Repair.Layer layer) {
    boolean whole =
        layer.rows().size() == plan.expertsAfter()
            && layer.rows().stream().allMatch(row -> row.size() == plan.expertsBefore());
    if (!layer.rows().isEmpty() && !whole) {
      throw wrong(
          ", repair, layer " + layer.layer(),
          "rows do not hold %d times %d factors"
              .formatted(plan.expertsAfter(), plan.expertsBefore()),
          "leave the rows as they were fitted");
    }
    for (List<Double> row : layer.rows()) {
      for (double factor : row) {
        if (!Float.isFinite((float) factor)) {
          throw wrong(
              ", repair, layer " + layer.layer(),
              "rows of the router cannot be multiplied by " + factor,
              "leave the rows as they were fitted");
        }
      }
    }
  }

  /** Where every expert keeps its row, it is kept or in a group. */
  private void everyRowLeads(String place, LayerPlan layer) {
    Set<Integer> grouped = new HashSet<>();
    layer.groups().forEach(group -> grouped.addAll(group.experts()));
    for (int expert : layer.dropped()) {
      if (!grouped.contains(expert)) {
        throw wrong(
            place,
            "expert %d is dropped and in no group, so its row in the router leads to none"
                .formatted(expert),
            "put it into a group, or keep it");
      }
    }
  }

  private void everyExpertOnce(String place, LayerPlan layer) {
    Map<Integer, String> lists = new TreeMap<>();
    Map<String, List<Integer>> all =
        Map.of("kept", layer.kept(), "masked", layer.masked(), "dropped", layer.dropped());
    for (String list : List.of("kept", "masked", "dropped")) {
      for (int expert : Objects.requireNonNull(all.get(list))) {
        String other = lists.put(expert, list);
        if (other != null) {
          throw wrong(
              place,
              "expert %d is both %s and %s".formatted(expert, other, list),
              "leave it in one of the lists");
        }
      }
    }
    for (int expert = 0; expert < plan.expertsBefore(); expert++) {
      if (!lists.containsKey(expert)) {
        throw wrong(
            place,
            "expert %d is neither kept nor dropped".formatted(expert),
            "put it into one of the lists");
      }
    }
  }

  private void groups(LayerPlan layer, ExpertGroups groups) {
    if (plan.expertsStored() != plan.expertsAfter() || plan.mapsRows()) {
      // Every expert keeps its row, so the router's groups stay as they are.
      return;
    }
    int stored = layer.stored().size();
    groups.require(where + ", layer " + layer.layer(), stored, plan.expertsPerToken());
    int perGroup = stored / groups.count();
    for (int group = 0; group < groups.count(); group++) {
      int index = group;
      long kept = layer.stored().stream().filter(e -> groups.groupOf(e) == index).count();
      if (kept != perGroup) {
        throw wrong(
            ", layer " + layer.layer(),
            "of experts %d to %d, which the router treats as a group, %d are kept; of every group %d must stay"
                .formatted(group * groups.size(), (group + 1) * groups.size() - 1, kept, perGroup),
            "keep %d of every %d experts".formatted(perGroup, groups.size()));
      }
    }
  }

  private void requireIndices(String place, String list, List<Integer> experts) {
    int previous = -1;
    for (int expert : experts) {
      if (expert < 0 || expert >= plan.expertsBefore()) {
        throw wrong(
            place,
            "%s names expert %d; there are experts 0 to %d"
                .formatted(list, expert, plan.expertsBefore() - 1),
            "name experts that exist");
      }
      if (expert <= previous) {
        throw wrong(
            place,
            "%s is not ascending: %d after %d".formatted(list, expert, previous),
            "name every expert once, in ascending order");
      }
      previous = expert;
    }
  }

  private BadInputException wrong(String place, String problem, String mend) {
    return new BadInputException(where + place, problem, mend);
  }
}
