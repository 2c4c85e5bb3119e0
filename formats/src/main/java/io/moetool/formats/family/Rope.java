package io.moetool.formats.family;

/**
 * Rotary position embedding, pairs {@code (i, i + rotaryDim / 2)}.
 *
 * @param theta base of the frequencies
 * @param rotaryDim leading dimensions of a head that rotate
 * @param linearFactor positions are divided by it; 1 without scaling
 */
public record Rope(double theta, int rotaryDim, double linearFactor) {}
