package io.moetool.transforms.compress;

import io.moetool.formats.BadInputException;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.ExpertTensors;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.family.ModelConfig;
import io.moetool.formats.family.TensorRole;
import io.moetool.formats.quantisation.Encoding;
import io.moetool.formats.quantisation.StoredWeight;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.layout.ExpertsElsewhere;
import java.util.LinkedHashMap;
import java.util.Map;

/** Whether the routed experts of a checkpoint can get another width, and nothing else with them. */
final class NarrowableModel {
  private NarrowableModel() {}

  /**
   * The source's {@code config.json} with another width of routed experts, every other character
   * kept.
   *
   * @throws BadInputException if the width is none to choose, if experts are quantised, or if the
   *     number that says the width says something else besides
   */
  static String config(SourceModel source, FamilyCatalog families, int width) {
    Architecture architecture = source.architecture();
    if (width < 1 || width > architecture.moe().expertWidth()) {
      throw new BadInputException(
          source.config().where(),
          "experts have %d neurons; %d cannot stay"
              .formatted(architecture.moe().expertWidth(), width),
          "keep from 1 to %d".formatted(architecture.moe().expertWidth()));
    }
    requirePlain(source);
    ExpertsElsewhere.refuse(source.tensors().folder().toString(), architecture, source.tensors());
    Map<String, Long> numbers = new LinkedHashMap<>();
    architecture.expertWidthPaths().forEach(path -> numbers.put(path, (long) width));
    source.architecture().predictionTail().countPaths().forEach(path -> numbers.put(path, 0L));
    String text = source.config().withNumbers(numbers);
    Architecture edited =
        families.resolve(ModelConfig.parse(source.config().where(), text), source.tensors());
    requireOnlyWidth(source, edited, width);
    return text;
  }

  private static void requirePlain(SourceModel source) {
    Architecture architecture = source.architecture();
    ExpertTensors experts = new ExpertTensors(architecture.names());
    for (int layer : architecture.moe().layers()) {
      for (TensorRole role : experts.roles()) {
        StoredWeight weight = experts.layout(source.tensors(), role, layer, 0);
        if (!weight.isPlain()) {
          throw new BadInputException(
              source.tensors().folder() + ", " + weight.elements().name(),
              "experts are quantised (%s); neurons cannot be taken out of them exactly"
                  .formatted(
                      weight.encoding() instanceof Encoding.Packed packed
                          ? packed.description()
                          : architecture.names().quantisation().key()),
              "compress the checkpoint it was quantised from, or remove whole experts (prune)");
        }
      }
    }
  }

  private static void requireOnlyWidth(SourceModel source, Architecture edited, int width) {
    Architecture before = source.architecture();
    boolean hasDense = before.moe().layers().size() < before.layers();
    if (edited.moe().expertWidth() != width) {
      throw wrong(source, "it does not state the width of experts", "state it");
    }
    if (!edited.moe().shared().equals(before.moe().shared())) {
      throw wrong(
          source,
          "%s also says how wide the shared expert is, which is to stay"
              .formatted(String.join(", ", before.expertWidthPaths())),
          "remove whole experts instead (prune)");
    }
    if (hasDense && edited.denseWidth() != before.denseWidth()) {
      throw wrong(
          source,
          "%s also says how wide the layers without experts are"
              .formatted(String.join(", ", before.expertWidthPaths())),
          "remove whole experts instead (prune)");
    }
  }

  private static BadInputException wrong(SourceModel source, String problem, String mend) {
    return new BadInputException(source.config().where(), problem, mend);
  }
}
