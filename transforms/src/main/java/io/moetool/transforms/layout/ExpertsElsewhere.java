package io.moetool.transforms.layout;

import io.moetool.formats.BadInputException;
import io.moetool.formats.TensorStore;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.safetensors.Quoted;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Experts outside the layers of the decoder, such as those of a tail that predicts further tokens
 * ({@code mtp.layers.0.mlp.experts.0.…}). A config has one number of experts, which loaders also
 * take for them, so a checkpoint in which only the decoder's experts are fewer would not load.
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
    List<String> found =
        tensors.names().stream()
            .filter(name -> EXPERTS.matcher(name).find())
            .filter(name -> architecture.names().place(name).isEmpty())
            .filter(name -> !architecture.names().isOfOtherPart(name))
            .toList();
    if (!found.isEmpty()) {
      throw new BadInputException(
          where,
          "%d tensors of experts outside the decoder's layers would keep all experts, such as %s"
              .formatted(found.size(), Quoted.of(found.getFirst())),
          "moetool does not prune the tails that predict further tokens: leave those tensors out of"
              + " a copy and set the number of such layers in its config.json to 0");
    }
  }
}
