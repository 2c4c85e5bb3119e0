package io.moetool.transforms.validate;

import io.moetool.formats.BadInputException;
import io.moetool.formats.checkpoint.Manifest;
import io.moetool.runtime.run.CheckpointModel;
import io.moetool.runtime.run.RunProgress;
import io.moetool.runtime.run.Taps;
import io.moetool.runtime.text.SequenceData;
import io.moetool.runtime.text.TokenSequence;
import io.moetool.transforms.evaluate.OpenModel;
import io.moetool.transforms.plan.Plan;
import io.moetool.transforms.plan.PlanFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Shows after which layer a candidate begins to differ from its base. Hidden states of the base
 * stay in memory, so it looks at some of the data only.
 */
public final class LayerValidator {
  private final SequenceData data;
  private final int experts;
  private final LayerStates states = new LayerStates();

  /**
   * Runs the base.
   *
   * @param data of which sequences are taken at even distances
   * @param tokens most tokens of them, but one sequence at least
   * @throws BadInputException if the base is an ONNX model
   */
  public LayerValidator(OpenModel base, SequenceData data, long tokens, RunProgress progress) {
    this.data = some(data, tokens);
    CheckpointModel model = checkpoint("the base", base);
    this.experts = model.architecture().moe().experts();
    model.observe(this.data, Taps.of(states), progress);
  }

  /**
   * Runs a candidate and compares.
   *
   * @param slots what the base's experts have become
   * @throws BadInputException if the candidate is an ONNX model
   */
  public List<LayerDifference> compare(
      OpenModel candidate, ExpertSlots slots, RunProgress progress) {
    LayerComparer comparer = new LayerComparer(states, slots);
    checkpoint("the candidate", candidate).observe(data, Taps.of(comparer), progress);
    return comparer.differences();
  }

  /**
   * What a candidate's manifest says of its experts; all of them unchanged where it has none.
   *
   * @param folder the candidate's
   * @throws BadInputException if it was made of a model with another number of experts
   */
  public ExpertSlots slots(Path folder) {
    Path file = folder.resolve(Manifest.FILE);
    if (!Files.isRegularFile(file)) {
      return ExpertSlots.unchanged();
    }
    Manifest manifest = Manifest.read(file);
    String action = manifest.plan().path("action").asString("");
    if (!action.equals(Plan.PRUNE) && !action.equals(Plan.MERGE)) {
      return ExpertSlots.unchanged();
    }
    Plan plan = PlanFile.parse(file + ", plan", manifest.plan().toString());
    if (plan.expertsBefore() != experts) {
      throw new BadInputException(
          file.toString(),
          "it was made of a model with %d experts a layer, the base has %d"
              .formatted(plan.expertsBefore(), experts),
          "compare a model with what was made from it");
    }
    return ExpertSlots.of(plan);
  }

  private static CheckpointModel checkpoint(String whose, OpenModel model) {
    return model
        .checkpoint()
        .orElseThrow(() ->
            new BadInputException(
                whose,
                "it is an ONNX model, whose layers cannot be looked into",
                "compare checkpoints, or leave out --layers"));
  }

  private static SequenceData some(SequenceData data, long tokens) {
    int step = Math.toIntExact(Math.max(1, Math.ceilDiv(data.tokens(), tokens)));
    List<TokenSequence> all = data.sequences();
    return new SequenceData(
        IntStream.iterate(0, i -> i < all.size(), i -> i + step).mapToObj(all::get).toList());
  }
}
