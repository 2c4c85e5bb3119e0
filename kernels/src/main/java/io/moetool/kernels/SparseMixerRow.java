package io.moetool.kernels;

import io.moetool.formats.family.RouterSpec;

/**
 * {@link RouterSpec.SparseMixer} for one token, in float32; the scores are the softmax of all
 * logits.
 */
final class SparseMixerRow implements RowRouter {
  private final float threshold;
  private final float[] near;
  private final float[] shares;

  SparseMixerRow(RouterSpec.SparseMixer spec, int experts) {
    this.threshold = 2 * spec.jitter();
    this.near = new float[experts];
    this.shares = new float[experts];
  }

  @Override
  public void route(float[] logits, int[] selected, float[] weights, float[] scores) {
    Softmax.over(logits, logits.length, scores);
    TopK.select(logits, 2, selected);
    weights[0] = shareAmongNear(logits, selected[0], -1);
    weights[1] = shareAmongNear(logits, selected[1], selected[0]);
  }

  /**
   * Softmax of {@code leader} among the logits near it, {@code removed} not being there any more.
   */
  private float shareAmongNear(float[] logits, int leader, int removed) {
    float max = logits[leader];
    for (int expert = 0; expert < logits.length; expert++) {
      float distance = (max - logits[expert]) / Math.max(Math.abs(logits[expert]), max);
      // Written as "not further" because 0 / 0 counts as near: the leader of all-zero logits.
      boolean isNear = !(distance > threshold) && expert != removed;
      near[expert] = isNear ? logits[expert] : Float.NEGATIVE_INFINITY;
    }
    Softmax.over(near, near.length, shares);
    return shares[leader];
  }
}
