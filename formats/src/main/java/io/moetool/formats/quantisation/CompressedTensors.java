package io.moetool.formats.quantisation;

import io.moetool.formats.BadInputException;
import io.moetool.formats.DType;
import io.moetool.formats.Shape;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorStore;
import io.moetool.formats.TensorView;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;

/**
 * What llm-compressor writes, {@code quant_method} {@code compressed-tensors}: eight bit floats
 * with {@code x.weight_scale}, or packed elements {@code x.weight_packed} with their scales and,
 * where words hold integers, the weight's extents in {@code x.weight_shape}.
 *
 * @param floats how eight bit floats are scaled
 */
public record CompressedTensors(Float8 floats) implements Quantisation {
  private static final Companion PACKED = Companion.appended("_packed");
  private static final Companion SHAPE = Companion.appended("_shape");

  private static final List<Companion> COMPANIONS =
      List.of(
          PACKED,
          SHAPE,
          // Longer endings first: weightsOf lists all readings, the right one before the others.
          Companion.appended("_global_scale"),
          Companion.beside(".input_global_scale"),
          Companion.beside(".input_scale"),
          Companion.beside(".input_zero_point"),
          Companion.appended("_scale"),
          Companion.appended("_zero_point"),
          Companion.appended("_g_idx"));

  @Override
  public String key() {
    return "compressed-tensors";
  }

  @Override
  public List<Companion> companions() {
    return COMPANIONS;
  }

  @Override
  public Optional<StoredWeight> find(TensorStore store, String weight) {
    List<TensorInfo> tensors = tensorsOf(store, weight);
    if (store.contains(weight)) {
      TensorInfo elements = store.info(weight);
      if (elements.dtype() != DType.I8) {
        return floats.find(store, weight);
      }
      return Optional.of(
          new StoredWeight(
              weight,
              elements.shape(),
              new Encoding.Packed("8 bit integers with scales"),
              tensors));
    }
    Optional<TensorInfo> packed = PACKED.of(weight).filter(store::contains).map(store::info);
    return packed.map(elements ->
        new StoredWeight(
            weight,
            unpackedShape(store, weight, elements),
            new Encoding.Packed(
                elements.dtype() == DType.I32
                    ? "integers packed by compressed-tensors"
                    : "4 bit floats packed by compressed-tensors"),
            tensors));
  }

  /** The weight's extents, as stored beside it, or twice as many columns as bytes. */
  private static Shape unpackedShape(TensorStore store, String weight, TensorInfo packed) {
    String where = store.location(packed.name()) + ": tensor " + packed.name();
    if (packed.shape().rank() != 2) {
      throw new BadInputException(
          where, "of shape %s is no matrix".formatted(packed.shape()), "download it again");
    }
    Optional<String> named = SHAPE.of(weight).filter(store::contains);
    if (named.isEmpty()) {
      if (packed.dtype() != DType.U8) {
        throw new BadInputException(
            where, "has no %s_shape beside it".formatted(weight), "download the checkpoint again");
      }
      return packed.shape().withDim(1, Math.multiplyExact(packed.shape().dim(1), 2L));
    }
    Shape stated = shape(store.view(named.get()));
    // Words hold at least one element, of at least one bit.
    if (stated.rank() != 2
        || stated.dim(0) != packed.shape().dim(0)
        || stated.dim(1) < packed.shape().dim(1)
        || stated.dim(1) > Math.multiplyExact(packed.shape().dim(1), (long) Integer.SIZE)) {
      throw new BadInputException(
          store.location(named.get()) + ": tensor " + named.get(),
          "says %s, which %s cannot hold".formatted(stated, packed),
          "download the checkpoint again");
    }
    return stated;
  }

  private static Shape shape(TensorView stated) {
    long[] dims = new long[Math.toIntExact(Math.min(2, stated.shape().elements()))];
    for (int i = 0; i < dims.length; i++) {
      dims[i] =
          switch (stated.dtype()) {
            case I64 ->
                stated
                    .bytes()
                    .getAtIndex(
                        ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), i);
            case I32 ->
                stated
                    .bytes()
                    .getAtIndex(
                        ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), i);
            default -> 0;
          };
    }
    return dims.length == 2 && dims[0] >= 0 && dims[1] >= 0 ? Shape.of(dims) : Shape.of();
  }
}
