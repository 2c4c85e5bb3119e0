package io.moetool.runtime.graph;

import io.moetool.formats.family.Rope;
import io.moetool.kernels.FloatMatrix;
import java.lang.foreign.Arena;

/**
 * Cosines and sines of rotary embedding, {@code [positions, rotaryDim / 2]}: the angle of position
 * p is p times the pair's frequency.
 *
 * <p>Angles are rounded to float32 on the way, as the reference implementations do; at long
 * positions that rounding is visible in the logits.
 */
public final class RotationTables {
  private final FloatMatrix cosines;
  private final FloatMatrix sines;

  /** Tables for the first {@code positions} positions, in {@code arena}. */
  public RotationTables(Arena arena, Rope rope, int positions) {
    float[] frequencies = RotationFrequencies.of(rope);
    float factor = (float) rope.scaling().attentionFactor();
    cosines = FloatMatrix.allocate(arena, positions, frequencies.length);
    sines = FloatMatrix.allocate(arena, positions, frequencies.length);
    for (int i = 0; i < frequencies.length; i++) {
      for (int position = 0; position < positions; position++) {
        float angle = position * frequencies[i];
        cosines.set(position, i, (float) Math.cos(angle) * factor);
        sines.set(position, i, (float) Math.sin(angle) * factor);
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
}
