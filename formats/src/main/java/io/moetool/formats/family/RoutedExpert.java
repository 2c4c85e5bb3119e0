package io.moetool.formats.family;

/**
 * A routed expert.
 *
 * @param width extent between its projections, I
 * @param function what it makes of its projections' outputs
 * @param biased whether its projections have biases, where experts share tensors
 * @param stack how these tensors lie in files
 */
public record RoutedExpert(int width, ExpertFunction function, boolean biased, StackLayout stack) {}
