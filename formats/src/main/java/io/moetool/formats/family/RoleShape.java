package io.moetool.formats.family;

import io.moetool.formats.Shape;
import java.util.Optional;

/**
 * A tensor that an architecture asks for.
 *
 * @param role what it is for
 * @param weight its shape
 * @param biased whether a bias of {@code [out]} belongs to it
 */
record RoleShape(TensorRole role, Shape weight, boolean biased) {
  static RoleShape of(TensorRole role, long... dims) {
    return new RoleShape(role, Shape.of(dims), false);
  }

  RoleShape withBias(boolean has) {
    return new RoleShape(role, weight, has);
  }

  /** Whether the weight may be stored in this shape. */
  boolean isShape(Shape found) {
    return found.equals(weight)
        || (role == TensorRole.SELECTION_BIAS && found.equals(Shape.of(1, weight.dim(0))));
  }

  /** Shape of the bias. */
  Optional<Shape> bias() {
    return biased ? Optional.of(Shape.of(weight.dim(0))) : Optional.empty();
  }
}
