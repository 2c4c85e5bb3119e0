package io.moetool.transforms;

import io.moetool.formats.BadInputException;
import io.moetool.formats.checkpoint.ModelStore;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.CheckpointStructure;
import io.moetool.formats.family.Finding;
import java.util.List;
import java.util.stream.Collectors;

/** Refuses checkpoints whose tensors are not what their config asks for, with all that is wrong. */
public final class SoundCheckpoint {
  private static final int SHOWN = 20;

  private SoundCheckpoint() {}

  /**
   * Holds names and shapes against the config; reads no weight.
   *
   * @throws BadInputException if they disagree
   */
  public static void require(Architecture architecture, ModelStore tensors) {
    List<Finding> errors =
        CheckpointStructure.check(architecture, tensors).stream().filter(Finding::isError).toList();
    if (errors.isEmpty()) {
      return;
    }
    String shown =
        errors.stream().limit(SHOWN).map(f -> "\n  - " + f).collect(Collectors.joining());
    int more = errors.size() - SHOWN;
    throw new BadInputException(
        tensors.folder().toString(),
        "tensors and config.json disagree:"
            + shown
            + (more > 0 ? "\n  - and %d more".formatted(more) : ""),
        "use the config.json the weights were published with, or download the weights again");
  }
}
