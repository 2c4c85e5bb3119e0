package io.moetool.transforms.layout;

import io.moetool.formats.BadInputException;
import io.moetool.formats.TensorStore;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.PredictionTail;
import io.moetool.formats.safetensors.Quoted;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Experts that are neither of the decoder nor of the layers that predict further tokens. A config
 * has one number of experts, which loaders also take for them, so a checkpoint in which only the
 * decoder's experts are fewer would not load.
 */
public final class ExpertsElsewhere {
  private static final Pattern EXPERTS = Pattern.compile("(^|\\.)experts\\.");

  private ExpertsElsewhere() {}

  /**
   * Refuses a checkpoint that has some.
   *
   * @param where names the checkpoint in messages
   * @throws BadInputException if a tensor of experts is neither of the decoder nor of a part that
   *     the family says has nothing to do with it
   */
  public static void refuse(String where, Architecture architecture, TensorStore tensors) {
    PredictionTail tail = architecture.predictionTail();
    List<String> found =
        tensors.names().stream()
            .filter(name -> EXPERTS.matcher(name).find())
            .filter(name -> architecture.names().place(name).isEmpty())
            .filter(name -> !tail.holds(name))
            .filter(name -> !architecture.names().isOfOtherPart(name))
            .toList();
    if (!found.isEmpty()) {
      throw new BadInputException(
          where,
          "%d tensors of experts outside the decoder's layers would keep all experts, such as %s"
              .formatted(found.size(), Quoted.of(found.getFirst())),
          "leave those tensors out of a copy and say so in its config.json");
    }
  }
}
