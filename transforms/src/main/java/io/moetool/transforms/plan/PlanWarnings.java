package io.moetool.transforms.plan;

import io.moetool.analyzers.routing.RoutingAnalysis;
import io.moetool.formats.family.MoeBlock;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** What a reviewer of a plan ought to know although the plan can be carried out. */
final class PlanWarnings {
  private PlanWarnings() {}

  static List<String> of(MoeBlock moe, Evidence evidence, int expertsAfter) {
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
    if (expertsAfter < moe.experts() && !moe.routing().isInvariantUnderRemoval()) {
      warnings.add(
          "this model weights experts by softmax over all of them without renormalising:"
              + " removing experts raises the weights of those that stay,"
              + " so evaluate the pruned model itself and not the masked one");
    }
    starved(evidence, warnings);
    return warnings;
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
