package io.moetool.runtime.graph;

import io.moetool.formats.family.TensorRole;

/**
 * A weight that a piece asks for when it is run.
 *
 * @param input name of the piece's input
 * @param role which tensor of the layer
 * @param bias whether it is the role's bias
 */
public record WeightBinding(String input, TensorRole role, boolean bias) {}
