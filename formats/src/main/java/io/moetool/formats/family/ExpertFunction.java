package io.moetool.formats.family;

/** What an expert makes of its projections' outputs. */
public sealed interface ExpertFunction {

  /** {@code down(relu(up x))}, without a gate. */
  record Relu() implements ExpertFunction {}

  /** {@code down(silu(gate x) * up x)}. */
  record GatedSilu() implements ExpertFunction {}

  /**
   * {@code down((clamp(up x, -limit, limit) + 1) * g * sigmoid(alpha * g))} with {@code g =
   * min(gate x, limit)}, as in gpt-oss.
   *
   * @param limit bound on what the first projections yield; the gate has none below
   * @param alpha steepness of the sigmoid
   */
  record ClampedSwiglu(double limit, double alpha) implements ExpertFunction {}
}
