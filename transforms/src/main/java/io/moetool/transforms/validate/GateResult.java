package io.moetool.transforms.validate;

/**
 * A limit and what was measured against it.
 *
 * @param name the option that set it, without dashes
 * @param limit bound
 * @param actual measured value
 * @param passed whether the value keeps the bound
 */
public record GateResult(String name, double limit, double actual, boolean passed) {}
