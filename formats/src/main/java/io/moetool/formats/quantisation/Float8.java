package io.moetool.formats.quantisation;

import io.moetool.formats.BadInputException;
import io.moetool.formats.DType;
import io.moetool.formats.Shape;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorStore;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Eight bit floats with scales, {@code quant_method} {@code fp8}: {@code x.weight} and, as
 * DeepSeek-V3 and others publish it, {@code x.weight_scale_inv} with one scale per block; newer
 * files call it {@code x.scale}, and files made for vLLM {@code x.weight_scale} with one scale per
 * tensor or row. All are factors: weight = element · scale of its block.
 *
 * @param block extents of the blocks that the config states
 */
public record Float8(Optional<Encoding.Blocks> block) implements Quantisation {
  private static final Set<DType> TYPES =
      EnumSet.of(DType.F8_E4M3, DType.F8_E5M2, DType.F8_E4M3FNUZ, DType.F8_E5M2FNUZ);

  private static final List<Companion> SCALES =
      List.of(
          Companion.appended("_scale_inv"),
          Companion.appended("_scale"),
          Companion.beside(".scale"));

  private static final List<Companion> COMPANIONS =
      List.of(
          SCALES.get(0),
          SCALES.get(1),
          SCALES.get(2),
          Companion.beside(".input_scale"),
          Companion.beside(".activation_scale"));

  @Override
  public String key() {
    return "fp8";
  }

  @Override
  public List<Companion> companions() {
    return COMPANIONS;
  }

  @Override
  public Optional<StoredWeight> find(TensorStore store, String weight) {
    if (!store.contains(weight)) {
      return Optional.empty();
    }
    TensorInfo elements = store.info(weight);
    if (!TYPES.contains(elements.dtype())) {
      return Optional.of(StoredWeight.plain(elements));
    }
    TensorInfo scales =
        SCALES.stream()
            .flatMap(companion -> companion.of(weight).stream())
            .filter(store::contains)
            .findFirst()
            .map(store::info)
            .orElseThrow(() ->
                new BadInputException(
                    store.location(weight) + ": tensor " + weight,
                    "has no scales beside it (%s)"
                        .formatted(SCALES.getFirst().of(weight).orElse("")),
                    "download the checkpoint again"));
    List<TensorInfo> tensors = new ArrayList<>(List.of(elements, scales));
    tensorsOf(store, weight).stream()
        .filter(tensor -> !tensors.contains(tensor))
        .forEach(tensors::add);
    Encoding blocks =
        blocks(elements.shape(), scales.shape())
            .orElseThrow(() ->
                new BadInputException(
                    store.location(scales.name()) + ": tensor " + scales.name(),
                    "scales of shape %s are neither one, nor one per row, nor one per block%s of %s"
                        .formatted(
                            scales.shape(),
                            block
                                .map(b -> " of [%d,%d]".formatted(b.rows(), b.columns()))
                                .orElse(""),
                            elements),
                    "check weight_block_size under quantization_config in config.json"));
    return Optional.of(new StoredWeight(weight, elements.shape(), blocks, tensors));
  }

  /** The blocks that as many scales mean; axes before the last two are those of the weight. */
  private Optional<Encoding> blocks(Shape weight, Shape scales) {
    int outer = weight.rank() - 2;
    if (outer < 0 || weight.elements() == 0) {
      return Optional.empty();
    }
    for (int axis = 0; axis < outer; axis++) {
      if (scales.rank() <= axis || scales.dim(axis) != weight.dim(axis)) {
        return Optional.empty();
      }
    }
    Shape inner = new Shape(scales.dims().subList(outer, scales.rank()));
    int rows = Math.toIntExact(weight.dim(outer));
    int columns = Math.toIntExact(weight.dim(outer + 1));
    if (block.isPresent() && inner.equals(grid(rows, columns, block.get()))) {
      return Optional.of(block.get());
    }
    if (inner.elements() == 1) {
      return Optional.of(new Encoding.Blocks(rows, columns));
    }
    if (inner.equals(Shape.of(rows)) || inner.equals(Shape.of(rows, 1))) {
      return Optional.of(new Encoding.Blocks(1, columns));
    }
    return Optional.empty();
  }

  private static Shape grid(int rows, int columns, Encoding.Blocks block) {
    return Shape.of(Math.ceilDiv(rows, block.rows()), Math.ceilDiv(columns, block.columns()));
  }
}
