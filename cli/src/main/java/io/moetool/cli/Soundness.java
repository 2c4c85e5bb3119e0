package io.moetool.cli;

import io.moetool.formats.BadInputException;
import io.moetool.formats.TensorStore;
import io.moetool.formats.checkpoint.CheckpointStore;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.CheckpointStructure;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.family.Finding;
import io.moetool.formats.family.ModelConfig;
import io.moetool.transforms.evaluate.OpenModel;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** Refuses checkpoints whose tensors are not what their config asks for, with all that is wrong. */
final class Soundness {
  private static final int SHOWN = 10;

  private Soundness() {}

  /**
   * Looks at the headers of what a user named; an ONNX model is left to ONNX Runtime.
   *
   * @throws BadInputException if it is an unsound checkpoint
   */
  static void require(Path model) {
    if (OpenModel.isOnnx(model)) {
      return;
    }
    try (CheckpointStore tensors = CheckpointStore.open(model)) {
      ModelConfig config = ModelConfig.read(tensors.configFile());
      require(model, FamilyCatalog.builtIn().resolve(config), tensors);
    }
  }

  /** As {@link #require(Path)}, for a checkpoint that is open already. */
  static void require(Path model, Architecture architecture, TensorStore tensors) {
    List<Finding> errors =
        CheckpointStructure.check(architecture, tensors).stream().filter(Finding::isError).toList();
    if (errors.isEmpty()) {
      return;
    }
    String list = errors.stream().limit(SHOWN).map(f -> "\n  - " + f).collect(Collectors.joining());
    int more = errors.size() - SHOWN;
    throw new BadInputException(
        model.toString(),
        "tensors and config.json disagree:"
            + list
            + (more > 0 ? "\n  - and " + more + " more" : ""),
        "use the config.json the weights were published with, or download the weights again");
  }
}
