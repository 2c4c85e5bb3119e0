package io.moetool.runtime.graph;

/**
 * Graph values that hold a rotation's tables.
 *
 * @param cosines {@code [positions, rotaryDim / 2]}
 * @param sines {@code [positions, rotaryDim / 2]}
 */
record Rotation(String cosines, String sines) {}
