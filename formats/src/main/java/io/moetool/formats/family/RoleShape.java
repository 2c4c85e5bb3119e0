package io.moetool.formats.family;

import io.moetool.formats.Shape;
import java.util.Optional;

/**
 * A tensor that an architecture asks for.
 *
 * @param role what it is for
 * @param weight its shape
 * @param bias shape of the bias that belongs to it, if one does
 */
record RoleShape(TensorRole role, Shape weight, Optional<Shape> bias) {
  static RoleShape of(TensorRole role, long... dims) {
    return of(role, Shape.of(dims));
  }

  static RoleShape of(TensorRole role, Shape weight) {
    return new RoleShape(role, weight, Optional.empty());
  }

  /** With a bias of {@code [out]}, or without one. */
  RoleShape withBias(boolean has) {
    return new RoleShape(
        role, weight, has ? Optional.of(Shape.of(weight.dim(0))) : Optional.empty());
  }

  RoleShape withBias(Shape shape) {
    return new RoleShape(role, weight, Optional.of(shape));
  }

  /** Whether the weight may be stored in this shape. */
  boolean isShape(Shape found) {
    return found.equals(weight)
        || (role == TensorRole.SELECTION_BIAS && found.equals(Shape.of(1, weight.dim(0))));
  }
}
