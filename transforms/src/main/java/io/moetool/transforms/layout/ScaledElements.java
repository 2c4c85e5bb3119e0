package io.moetool.transforms.layout;

import io.moetool.formats.BadInputException;
import io.moetool.formats.DType;
import io.moetool.formats.TensorStore;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.TensorPlace;
import io.moetool.formats.family.TensorRole;
import io.moetool.kernels.ElementDecoder;
import io.moetool.kernels.ElementEncoder;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/**
 * A factor on the outputs of experts, folded into their last projection and its bias. Products are
 * rounded to float32 and then to the stored type.
 */
public final class ScaledElements {
  private ScaledElements() {}

  /**
   * Passes if the outputs of a checkpoint's experts can be scaled.
   *
   * @throws BadInputException if their last projections are quantised or of a type that cannot be
   *     written
   */
  public static void require(Architecture architecture, TensorStore tensors) {
    boolean quantised = !architecture.names().quantisation().key().isEmpty();
    for (String name : tensors.names()) {
      Optional<TensorPlace> place = architecture.names().place(name);
      if (place.filter(p -> isOutput(p.role())).isPresent()
          && (quantised || !ElementEncoder.supports(tensors.info(name).dtype()))) {
        throw new BadInputException(
            "tensor " + name,
            "a factor cannot be folded into elements of type %s%s"
                .formatted(
                    tensors.info(name).dtype(), quantised ? " of a quantised checkpoint" : ""),
            "use a checkpoint of BF16, F16 or F32, or have nothing multiplied (prune without --repair,"
                + " compress --method top-k without --data)");
      }
    }
  }

  /** Whether tensors of a role yield outputs of experts. */
  public static boolean isOutput(TensorRole role) {
    return role == TensorRole.EXPERT_DOWN || role == TensorRole.EXPERTS_DOWN;
  }

  /** The products, as they are stored. */
  static MemorySegment of(DType dtype, MemorySegment stored, double factor) {
    int count = Math.toIntExact(stored.byteSize() / dtype.byteSize(1));
    MemorySegment values = MemorySegment.ofArray(new float[count]);
    ElementDecoder.decode(dtype, stored, values);
    for (int i = 0; i < count; i++) {
      float product = values.getAtIndex(ValueLayout.JAVA_FLOAT, i) * (float) factor;
      values.setAtIndex(ValueLayout.JAVA_FLOAT, i, product);
    }
    MemorySegment products = MemorySegment.ofArray(new byte[Math.toIntExact(stored.byteSize())]);
    ElementEncoder.encode(dtype, values, products);
    return products;
  }
}
