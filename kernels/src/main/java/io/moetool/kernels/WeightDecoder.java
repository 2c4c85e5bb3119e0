package io.moetool.kernels;

import io.moetool.formats.BadInputException;
import io.moetool.formats.DType;
import io.moetool.formats.Shape;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorStore;
import io.moetool.formats.TensorView;
import io.moetool.formats.quantisation.Encoding;
import io.moetool.formats.quantisation.StoredWeight;
import io.moetool.formats.quantisation.WeightView;
import java.lang.foreign.Arena;
import java.util.EnumSet;
import java.util.Set;

/**
 * Stored weights as elements that can be computed with: where they lie if they are plain F32, F16
 * or BF16, otherwise decoded to float32. Decoding is exact but for the product with a scale, which
 * is rounded once, and for F64.
 */
public final class WeightDecoder {
  private static final Set<DType> USED_AS_STORED = EnumSet.of(DType.F32, DType.F16, DType.BF16);

  private WeightDecoder() {}

  /**
   * Layout of what {@link #values} gives, under the weight's name.
   *
   * @throws BadInputException if the weight cannot be decoded
   */
  public static TensorInfo layout(TensorStore store, StoredWeight weight) {
    requireDecodable(store, weight);
    return isUsedAsStored(weight)
        ? weight.elements()
        : new TensorInfo(weight.name(), DType.F32, weight.shape());
  }

  /**
   * The weight's elements.
   *
   * @param arena takes decoded elements
   * @param view of a weight for which there is a {@link #layout}
   */
  public static TensorView values(Arena arena, WeightView view) {
    StoredWeight weight = view.weight();
    return isUsedAsStored(weight)
        ? view.elements()
        : new TensorView(
            new TensorInfo(weight.name(), DType.F32, weight.shape()),
            decode(arena, view).segment());
  }

  /**
   * The weight in float32, {@code [product of all extents but the last, last extent]}. Blocks of a
   * stack of matrices belong to each matrix; take its slices.
   *
   * @param arena takes the elements
   * @throws BadInputException if the weight cannot be decoded
   */
  public static FloatMatrix decode(Arena arena, WeightView view) {
    return switch (view.weight().encoding()) {
      case Encoding.Plain _ -> ElementDecoder.decode(arena, view.elements());
      case Encoding.Blocks(int rows, int columns) -> {
        Shape shape = view.weight().shape();
        Shape grid =
            Shape.of(
                Math.ceilDiv(shape.dim(0), (long) rows),
                Math.ceilDiv(shape.dim(1), (long) columns));
        TensorView scales = view.tensors().get(1);
        FloatMatrix values =
            FloatMatrix.allocate(
                arena, Math.toIntExact(shape.dim(0)), Math.toIntExact(shape.dim(1)));
        new BlockScales(rows, columns)
            .decode(
                view.elements(),
                new TensorView(scales.info().withShape(grid), scales.bytes()),
                values);
        yield values;
      }
      case Encoding.SharedExponents _ -> {
        Shape shape = view.weight().shape();
        FloatMatrix values =
            FloatMatrix.allocate(
                arena, Math.toIntExact(shape.dim(0)), Math.toIntExact(shape.dim(1)));
        Mxfp4.decode(view.elements().bytes(), view.tensors().get(1).bytes(), values);
        yield values;
      }
      case Encoding.Packed(String description) ->
          throw notDecodable("tensor " + view.elements().name(), description);
    };
  }

  /**
   * Passes if a weight can be decoded.
   *
   * @throws BadInputException if not, with the tensor, the type of its elements and what to do
   */
  public static void requireDecodable(TensorStore store, StoredWeight weight) {
    TensorInfo elements = weight.elements();
    String where = store.location(elements.name()) + ": tensor " + elements.name();
    switch (weight.encoding()) {
      case Encoding.Packed(String description) -> throw notDecodable(where, description);
      case Encoding.Plain _, Encoding.Blocks _ -> {
        if (!ElementDecoder.supports(elements.dtype())) {
          throw notDecodable(where, "elements of type " + elements.dtype());
        }
      }
      case Encoding.SharedExponents _ -> {
        // four bits each, whatever type the bytes are said to have
      }
    }
  }

  private static boolean isUsedAsStored(StoredWeight weight) {
    return weight.isPlain() && USED_AS_STORED.contains(weight.elements().dtype());
  }

  private static BadInputException notDecodable(String where, String what) {
    return new BadInputException(
        where,
        "%s are moved when experts are removed, but not computed with".formatted(what),
        "run the checkpoint it was quantised from (F32, F16, BF16, FP8 or MXFP4); experts can be removed here with a plan that names them");
  }
}
