package io.moetool.runtime.graph;

import io.moetool.formats.family.RelativeAttention;
import java.util.stream.LongStream;

/**
 * Which bucket a distance between two tokens falls into (T5, arXiv 1910.10683, section 2.1). Half
 * of the buckets of a direction hold one distance each, the others ever longer ranges up to the
 * longest distance. An encoder has half of the buckets for tokens before and half for tokens after.
 */
final class PositionBuckets {
  private PositionBuckets() {}

  /** Buckets of one direction. */
  static int ofOneDirection(RelativeAttention attention) {
    return attention.readsSource() ? attention.buckets() : attention.buckets() / 2;
  }

  /**
   * Bucket of the distances {@code 0 .. maxDistance} to tokens before; all longer ones share the
   * last. Computed in float32, as the reference implementation does.
   */
  static long[] byDistance(RelativeAttention attention) {
    int buckets = ofOneDirection(attention);
    int exact = buckets / 2;
    float range = (float) Math.log((double) attention.maxDistance() / exact);
    return LongStream.rangeClosed(0, attention.maxDistance())
        .map(distance -> {
          if (distance < exact) {
            return distance;
          }
          float share = (float) Math.log((float) distance / exact) / range;
          return Math.min(exact + (long) (share * (buckets - exact)), buckets - 1);
        })
        .toArray();
  }
}
