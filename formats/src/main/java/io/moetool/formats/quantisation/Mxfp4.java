package io.moetool.formats.quantisation;

import io.moetool.formats.BadInputException;
import io.moetool.formats.DType;
import io.moetool.formats.Shape;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Four bit floats of which 32 share an exponent, {@code quant_method} {@code mxfp4}, as gpt-oss is
 * published: {@code x_blocks}, U8 {@code [..., out, in / 32, 16]}, and {@code x_scales}, U8 {@code
 * [..., out, in / 32]}, in place of {@code x}. Rows are outputs, whichever way round the weight is
 * stored when it is not quantised.
 */
public record Mxfp4() implements Quantisation {
  private static final int BYTES_OF_BLOCK = 16;
  private static final int BLOCK = 2 * BYTES_OF_BLOCK;

  private static final Companion BLOCKS = Companion.appended("_blocks");
  private static final Companion SCALES = Companion.appended("_scales");

  @Override
  public String key() {
    return "mxfp4";
  }

  @Override
  public List<Companion> companions() {
    return List.of(BLOCKS, SCALES);
  }

  @Override
  public Optional<StoredWeight> find(TensorStore store, String weight) {
    List<TensorInfo> tensors = tensorsOf(store, weight);
    if (tensors.isEmpty()) {
      return Optional.empty();
    }
    TensorInfo first = tensors.getFirst();
    if (tensors.size() == 1 && first.name().equals(weight)) {
      return Optional.of(StoredWeight.plain(first));
    }
    TensorInfo last = tensors.getLast();
    if (tensors.size() != 2
        || !BLOCKS.of(weight).equals(Optional.of(first.name()))
        || !SCALES.of(weight).equals(Optional.of(last.name()))) {
      throw new BadInputException(
          store.location(first.name()) + ": tensor " + first.name(),
          "of the weight %s there are %s instead of blocks and scales"
              .formatted(weight, tensors.stream().map(TensorInfo::name).toList()),
          "download the checkpoint again");
    }
    return Optional.of(
        new StoredWeight(
            weight, shape(store, first, last), new Encoding.SharedExponents(), tensors));
  }

  private static Shape shape(TensorStore store, TensorInfo blocks, TensorInfo scales) {
    List<Long> dims = blocks.shape().dims();
    int rank = dims.size();
    boolean fit =
        blocks.dtype() == DType.U8
            && scales.dtype() == DType.U8
            && rank > 2
            && dims.get(rank - 1) == BYTES_OF_BLOCK
            && scales.shape().dims().equals(dims.subList(0, rank - 1));
    if (!fit) {
      throw new BadInputException(
          store.location(blocks.name()) + ": tensor " + blocks.name(),
          "%s%s and scales %s%s are no blocks of %d bytes with a scale each"
              .formatted(
                  blocks.dtype(), blocks.shape(), scales.dtype(), scales.shape(), BYTES_OF_BLOCK),
          "download the checkpoint again");
    }
    List<Long> shape = new ArrayList<>(dims.subList(0, rank - 2));
    shape.add(Math.multiplyExact(dims.get(rank - 2), (long) BLOCK));
    return new Shape(shape);
  }
}
