package io.moetool.analyzers.saliency;

/**
 * By how much the length of an expert's row in the router has grown since the checkpoint that the
 * model was trained from, Δ = ‖r‖ - ‖r_base‖: the difference of the lengths, not the length of the
 * difference, so an expert whose row only turned counts as unchanged.
 */
final class RouterNormChange implements SaliencyMethod {
  @Override
  public String name() {
    return "router_norm_change";
  }

  @Override
  public String description() {
    return "growth of the router row's length since the base; needs no data";
  }

  @Override
  public String source() {
    return "arXiv 2405.16646 (smallest change goes first)";
  }

  @Override
  public Needs needs() {
    return Needs.BASE;
  }

  @Override
  public double[] score(LayerMeasurements layer) {
    return layer.requireWeights().routerNormChange();
  }
}
