package io.moetool.runtime.graph;

import io.moetool.formats.family.Rope;
import io.moetool.kernels.FloatMatrix;
import java.lang.foreign.Arena;

/**
 * Cosines and sines of rotary embedding, {@code [positions, rotaryDim / 2]}: angle {@code p * theta^(-2i /
 * rotaryDim)}.
 *
 * <p>Frequencies and angles are rounded to float32 on the way, as the reference implementations do; at
 * long positions that rounding is visible in the logits.
 */
public final class RotationTables {
  private final FloatMatrix cosines;
  private final FloatMatrix sines;

  /** Tables for the first {@code positions} positions, in {@code arena}. */
  public RotationTables(Arena arena, Rope rope, int positions) {
    int angles = Layers.angles(rope);
    cosines = FloatMatrix.allocate(arena, positions, angles);
    sines = FloatMatrix.allocate(arena, positions, angles);
    for (int i = 0; i < angles; i++) {
      float frequency = inverseFrequency(rope, i);
      for (int position = 0; position < positions; position++) {
        float angle = position * frequency;
        cosines.set(position, i, (float) Math.cos(angle));
        sines.set(position, i, (float) Math.sin(angle));
      }
    }
  }

  /** Cosines, one row a position. */
  public FloatMatrix cosines() {
    return cosines;
  }

  /** Sines, one row a position. */
  public FloatMatrix sines() {
    return sines;
  }

  private static float inverseFrequency(Rope rope, int i) {
    float exponent = (float) (2 * i) / rope.rotaryDim();
    float power = (float) Math.pow(rope.theta(), exponent);
    return (float) (1.0f / power / rope.linearFactor());
  }
}
