package io.moetool.formats.family;

import java.util.OptionalInt;

/**
 * What a stored tensor is for and where it belongs.
 *
 * @param role purpose
 * @param layer index in the model, empty outside the layers
 * @param expert index in the layer, empty unless the tensor belongs to one expert
 * @param bias whether it is the role's bias instead of its weight
 */
public record TensorPlace(TensorRole role, OptionalInt layer, OptionalInt expert, boolean bias) {
  /** The same in another layer, or outside the layers. */
  TensorPlace withLayer(OptionalInt other) {
    return new TensorPlace(role, other, expert, bias);
  }
}
