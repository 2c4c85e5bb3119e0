package io.moetool.transforms.plan;

import io.moetool.analyzers.inspect.Loading;
import io.moetool.analyzers.routing.RoutingAnalysis;
import io.moetool.formats.TensorStore;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.MoeBlock;
import io.moetool.formats.family.RouterSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** What a reviewer of a plan ought to know although the plan can be carried out. */
final class PlanWarnings {
  private static final String EVALUATE =
      ", so evaluate the pruned model itself and not the masked one";

  private PlanWarnings() {}

  static List<String> of(
      MoeBlock moe,
      Evidence evidence,
      List<LayerPlan> layers,
      int expertsAfter,
      List<Loading> loading) {
    List<String> warnings = counts(moe, expertsAfter, loading);
    if (layers.stream().anyMatch(layer -> !layer.dropped().isEmpty())) {
      warnings.addAll(effectsOfRemoval(moe.routing(), RaisedCoefficients.range(evidence, layers)));
    }
    starved(evidence, warnings);
    return warnings;
  }

  static List<String> ofMerging(
      MoeBlock moe, Evidence evidence, int expertsAfter, Merging merging, List<Loading> loading) {
    List<String> warnings = new ArrayList<>();
    if (merging.knownRouter().stream().anyMatch(r -> r == Merging.Router.DUPLICATE)) {
      warnings.add(
          "every merged expert is stored once for each of its members: routing is exact, and nothing is saved");
    } else if (!merging.needsOnnx()) {
      warnings.addAll(counts(moe, expertsAfter, loading));
      warnings.add(
          "a merged expert has one row in the router for all its members, so other experts may be chosen than before"
              + ": validate the result");
    }
    starved(evidence, warnings);
    return warnings;
  }

  /** That nothing but the user's word says how the model computes. */
  static List<String> ofAssumption(Architecture architecture) {
    return architecture.assumed()
        ? List.of(
            "model type '%s' is not known and taken for %s, as --family says: compare its loss with that of the library it is published for"
                .formatted(architecture.modelType(), architecture.family()))
        : List.of();
  }

  /** What goes besides experts. */
  static List<String> ofTail(Architecture architecture, TensorStore tensors, int expertsStored) {
    List<String> tail =
        expertsStored < architecture.moe().experts()
            ? architecture.predictionTail().among(tensors.names())
            : List.of();
    return tail.isEmpty()
        ? List.of()
        : List.of(
            "%d tensors of layers that predict further tokens are left out, such as %s: the model runs without them, drafting with them does not"
                .formatted(tail.size(), tail.getFirst()));
  }

  private static List<String> counts(MoeBlock moe, int expertsAfter, List<Loading> loading) {
    List<String> warnings = new ArrayList<>();
    if (!loading.equals(ResultForm.ONNX_RUNTIME)) {
      warnings.addAll(countsWhereServed(moe, expertsAfter));
    }
    if (moe.capacity().isPresent() && expertsAfter < moe.experts()) {
      warnings.add(
          "experts take %d tokens of a sequence and drop further ones: with fewer experts more tokens may be dropped"
              .formatted(moe.capacity().getAsInt()));
    }
    return warnings;
  }

  /** What engines that serve checkpoints ask for. */
  private static List<String> countsWhereServed(MoeBlock moe, int expertsAfter) {
    List<String> warnings = new ArrayList<>();
    if (expertsAfter % 4 != 0) {
      warnings.add(
          "%d experts are no multiple of 4: fused kernels of some serving engines refuse such counts"
              .formatted(expertsAfter));
    } else if (expertsAfter % 8 != 0) {
      warnings.add(
          "%d experts are no multiple of 8: expert-parallel serving on 8 devices cannot share them evenly"
              .formatted(expertsAfter));
    }
    if (expertsAfter == moe.routing().expertsPerToken() && expertsAfter < moe.experts()) {
      warnings.add(
          "every token will use all %d experts that stay; some serving engines need one more"
              .formatted(expertsAfter));
    }
    return warnings;
  }

  /**
   * How tokens that never chose the removed experts are affected all the same.
   *
   * @param raised by how much coefficients that are shares of a softmax grow, in words; empty if
   *     that was not measured
   */
  static List<String> effectsOfRemoval(RouterSpec routing, String raised) {
    if (routing.isInvariantUnderRemoval()) {
      return List.of();
    }
    return switch (routing) {
      case RouterSpec.SparseMixer _ ->
          List.of(
              "this model weights an expert by its share among those near it:"
                  + " removing experts raises the weights of those that stay"
                  + EVALUATE);
      case RouterSpec.TopScores top -> effectsOfRemoval(top, raised);
    };
  }

  private static List<String> effectsOfRemoval(RouterSpec.TopScores routing, String raised) {
    List<String> effects = new ArrayList<>();
    boolean softmax = routing.score() == RouterSpec.Score.SOFTMAX;
    if (RaisedCoefficients.concerns(routing)) {
      effects.add(
          "this model weights experts by softmax over all of them without renormalising:"
              + " removing experts raises the weights of those that stay"
              + raised
              + EVALUATE);
    }
    if (softmax && routing.selectionBias()) {
      effects.add(
          "this model adds a bias to softmax scores for choosing:"
              + " removing experts raises the scores, so other experts may be chosen"
              + EVALUATE);
    }
    if (routing.groups().keep() < routing.groups().count()) {
      effects.add(
          "this model ranks groups of experts by their best:"
              + " without some of them other groups, and so other experts, may be chosen"
              + EVALUATE);
    }
    return effects;
  }

  private static void starved(Evidence evidence, List<String> warnings) {
    String places =
        evidence.layers().stream()
            .filter(layer -> !layer.starved().isEmpty())
            .map(layer -> "%d in layer %d".formatted(layer.starved().size(), layer.layer()))
            .collect(Collectors.joining(", "));
    if (!places.isEmpty()) {
      warnings.add(
          "fewer than %d calibration tokens chose some experts (%s), so their scores say little; more data helps"
              .formatted(RoutingAnalysis.FEW_TOKENS, places));
    }
  }
}
