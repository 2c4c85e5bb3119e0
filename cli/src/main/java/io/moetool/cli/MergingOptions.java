package io.moetool.cli;

import io.moetool.transforms.plan.Merging;
import io.moetool.transforms.plan.ResultForm;
import io.moetool.transforms.plan.Target;
import java.util.Optional;
import picocli.CommandLine.Option;

/** How groups of experts become one. */
final class MergingOptions {
  static final Merging.Router DEFAULT_ROUTER = Merging.Router.DROP;
  static final Merging.Alignment DEFAULT_ALIGNMENT = Merging.Alignment.WEIGHTS;

  @Option(
      names = "--router",
      paramLabel = "drop|average|duplicate|map",
      description =
          "Rows of a group in the router: the leader's stays, their mean does, or all stay and the"
              + " merged expert is stored once for each, which is exact and saves nothing, or a map"
              + " leads from each row to it, which is exact and can only become an ONNX model"
              + " (default: drop).")
  private Optional<Merging.Router> router = Optional.empty();

  @Option(
      names = "--align",
      paramLabel = "weights|fix-dom|zipit|none",
      description =
          "Match the neurons of merged experts by their weights before they are added up: one to"
              + " one, each with the leader's that is most like it (fix-dom), or the most alike of"
              + " all members (zipit); or add them as they are stored (default: weights).")
  private Optional<Merging.Alignment> alignment = Optional.empty();

  @Option(
      names = "--remove-first",
      paramLabel = "SHARE",
      description =
          "Share of a layer's experts that are removed, those with the method's lowest scores, before"
              + " the others are merged into as many as are to stay; 25%% or 0.25 (default: none).")
  private Optional<String> removeFirst = Optional.empty();

  /** Experts that go before the rest is merged. */
  Optional<Target.Count> removedFirst(CommonOptions common) {
    try {
      return removeFirst.map(Target::remove);
    } catch (IllegalArgumentException e) {
      throw common.usage("--remove-first: " + e.getMessage());
    }
  }

  /** What was asked for. */
  Merging merging() {
    return Merging.of(router.orElse(DEFAULT_ROUTER), alignment.orElse(DEFAULT_ALIGNMENT));
  }

  /** What the result can be stored as. */
  ResultForm form() {
    return merging().needsOnnx() ? ResultForm.ONNX : ResultForm.SAFETENSORS;
  }

  /** Refuses what no checkpoint can hold. */
  void requireForCheckpoint(CommonOptions common) {
    if (form() == ResultForm.ONNX) {
      throw common.usage(
          "--router map can only become an ONNX model, not a checkpoint: make a plan with moetool plan"
              + " --router map, and then moetool convert --plan plan.json --to onnx");
    }
  }

  /** Refuses these options where nothing is merged, or a plan has decided already. */
  void refuse(CommonOptions common, String why) {
    if (router.isPresent()) {
      throw common.usage("--router has no effect " + why);
    }
    if (alignment.isPresent()) {
      throw common.usage("--align has no effect " + why);
    }
    if (removeFirst.isPresent()) {
      throw common.usage("--remove-first has no effect " + why);
    }
  }
}
