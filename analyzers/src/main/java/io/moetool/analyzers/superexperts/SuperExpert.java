package io.moetool.analyzers.superexperts;

/**
 * An expert with outputs far beyond those of all others.
 *
 * @param layer index in the model
 * @param expert index in the layer
 * @param maxAbs largest absolute output of its down projection
 */
public record SuperExpert(int layer, int expert, double maxAbs) {}
