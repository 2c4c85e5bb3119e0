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
import java.util.List;
import java.util.Optional;

/**
 * Rows of a router, and elements of its bias, that combinations of all rows are added to. Added up
 * in float64 by ascending expert, rounded to float32 and then to the stored type.
 */
public final class MixedRows {
  private MixedRows() {}

  /**
   * Passes if rows of a checkpoint's routers can be written anew.
   *
   * @throws BadInputException if they are of a type that cannot be written
   */
  public static void require(Architecture architecture, TensorStore tensors) {
    for (String name : tensors.names()) {
      Optional<TensorPlace> place = architecture.names().place(name);
      if (place.filter(p -> isIn(p.role())).isPresent()
          && !ElementEncoder.supports(tensors.info(name).dtype())) {
        throw new BadInputException(
            "tensor " + name,
            "rows of a router of type %s cannot be written anew"
                .formatted(tensors.info(name).dtype()),
            "use a checkpoint whose routers are BF16, F16 or F32, or prune without --repair router");
      }
    }
  }

  /** Whether tensors of a role yield a router's logits. */
  static boolean isIn(TensorRole role) {
    return role == TensorRole.ROUTER;
  }

  /**
   * One row, as it is stored.
   *
   * @param stored all rows of the source
   * @param expert whose row is added to
   * @param factors on the rows of all experts, {@code [E]}
   */
  static MemorySegment row(DType dtype, MemorySegment stored, int expert, List<Double> factors) {
    int all = Math.toIntExact(stored.byteSize() / dtype.byteSize(1));
    int columns = all / factors.size();
    MemorySegment values = MemorySegment.ofArray(new float[all]);
    ElementDecoder.decode(dtype, stored, values);
    MemorySegment row = MemorySegment.ofArray(new float[columns]);
    for (int column = 0; column < columns; column++) {
      double sum = at(values, columns, expert, column);
      for (int other = 0; other < factors.size(); other++) {
        sum += factors.get(other) * at(values, columns, other, column);
      }
      row.setAtIndex(ValueLayout.JAVA_FLOAT, column, (float) sum);
    }
    MemorySegment bytes = MemorySegment.ofArray(new byte[Math.toIntExact(dtype.byteSize(columns))]);
    ElementEncoder.encode(dtype, row, bytes);
    return bytes;
  }

  private static double at(MemorySegment values, int columns, int row, int column) {
    return values.getAtIndex(ValueLayout.JAVA_FLOAT, (long) row * columns + column);
  }
}
