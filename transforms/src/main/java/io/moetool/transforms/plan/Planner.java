package io.moetool.transforms.plan;

import io.moetool.formats.BadInputException;
import io.moetool.formats.TensorStore;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.MoeBlock;
import io.moetool.transforms.layout.PrunedTensors;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.List;
import java.util.stream.Collectors;

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
   * Decides which experts go: the same number in every layer, those with the lowest scores.
   *
   * @throws BadInputException if the target cannot be reached, a score is no finite number, or the
   *     evidence does not fit the checkpoint
   */
  public Plan prune(Evidence evidence, PlanRequest request) {
    Target target = request.target();
    requireReachable(target);
    requireFitting(evidence);
    MoeBlock moe = architecture.moe();
    int expertsAfter = target.expertsAfter(moe.experts());
    ExpertGroups groups = ExpertGroups.of(moe);
    List<LayerPlan> layers =
        evidence.layers().stream()
            .map(layer ->
                new LayerChoice(layer, groups, request.protection().of(layer.layer()))
                    .keep(evidence.where(), expertsAfter))
            .toList();
    return new Plan(
        Plan.FORMAT_VERSION,
        toolVersion,
        new Plan.Source(fingerprint, architecture.modelType()),
        Plan.PRUNE,
        evidence.method(),
        new Plan.Options(target.toString(), evidence.seed(), request.protection().rules()),
        evidence.statistics(),
        moe.experts(),
        expertsAfter,
        moe.routing().expertsPerToken(),
        layers,
        PlanWarnings.of(moe, evidence, expertsAfter),
        forecast(layers));
  }

  /**
   * Makes sure that a target can be reached; worth asking before the model is run for scores.
   *
   * @throws BadInputException if too few or too many experts would stay, or groups would be uneven
   */
  public void requireReachable(Target target) {
    MoeBlock moe = architecture.moe();
    int expertsAfter = target.expertsAfter(moe.experts());
    requireReachable(target, expertsAfter);
    ExpertGroups.of(moe).require(target.toString(), expertsAfter, moe.routing().expertsPerToken());
  }

  private Plan.Forecast forecast(List<LayerPlan> layers) {
    PrunedTensors pruned =
        new PrunedTensors(
            architecture,
            layers.stream().collect(Collectors.toMap(LayerPlan::layer, LayerPlan::kept)));
    return new Plan.Forecast(
        tensors.names().stream().mapToLong(name -> tensors.info(name).byteSize()).sum(),
        pruned.of(tensors).stream().mapToLong(move -> move.target().byteSize()).sum());
  }

  private void requireReachable(Target target, int expertsAfter) {
    int experts = architecture.moe().experts();
    int perToken = architecture.moe().routing().expertsPerToken();
    if (expertsAfter > experts) {
      throw new BadInputException(
          target.toString(),
          "there are only %d experts per layer".formatted(experts),
          "keep from %d to %d experts".formatted(perToken, experts));
    }
    if (expertsAfter < perToken) {
      BigDecimal most =
          BigDecimal.valueOf(100L * (experts - perToken))
              .divide(BigDecimal.valueOf(experts), new MathContext(4, RoundingMode.DOWN));
      throw new BadInputException(
          target.toString(),
          "%d of %d experts per layer would stay, but every token uses %d"
              .formatted(expertsAfter, experts, perToken),
          "keep at least %d experts (remove at most %s%%)"
              .formatted(perToken, most.stripTrailingZeros().toPlainString()));
    }
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
