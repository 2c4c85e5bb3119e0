package io.moetool.analyzers.superexperts;

/**
 * The expert of a layer that every token uses, with outputs far beyond those of others.
 *
 * @param layer index in the model
 * @param maxAbs largest absolute output before its gate
 */
public record SharedExpert(int layer, double maxAbs) {}
