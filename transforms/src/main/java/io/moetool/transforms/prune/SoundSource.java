package io.moetool.transforms.prune;

import io.moetool.formats.BadInputException;
import io.moetool.formats.family.CheckpointStructure;
import io.moetool.formats.family.Finding;
import io.moetool.transforms.SourceModel;
import java.util.List;
import java.util.stream.Collectors;

/** Refuses a source from which no sound checkpoint could be made, with everything that is wrong with it. */
final class SoundSource {
  private static final int SHOWN = 20;

  private SoundSource() {}

  static void require(SourceModel source) {
    List<Finding> errors =
        CheckpointStructure.check(source.architecture(), source.tensors()).stream()
            .filter(Finding::isError)
            .toList();
    if (errors.isEmpty()) {
      return;
    }
    String shown =
        errors.stream().limit(SHOWN).map(Finding::toString).collect(Collectors.joining("\n  ", "\n  ", ""));
    String more = errors.size() > SHOWN ? "\n  and %d more".formatted(errors.size() - SHOWN) : "";
    throw new BadInputException(
        source.tensors().folder().toString(),
        "tensors and config.json contradict each other:" + shown + more,
        "download the checkpoint again, or correct its config.json");
  }
}
