package io.moetool.transforms.repair;

import io.moetool.transforms.plan.Repair;

/**
 * The factor on what a layer adds that brings it closest to what it added: α = ⟨z, y⟩ / ⟨y, y⟩ over
 * all tokens, z before and y after experts went. It minimises Σ ‖z - α y‖², so it never makes that
 * larger.
 *
 * @param zz Σ ‖z‖²
 * @param zy Σ z · y
 * @param yy Σ ‖y‖²
 */
record ScaleFit(double zz, double zy, double yy) {
  static final ScaleFit NONE = new ScaleFit(0, 0, 0);

  /** Sums over these tokens and others. */
  ScaleFit plus(ScaleFit other) {
    return new ScaleFit(zz + other.zz, zy + other.zy, yy + other.yy);
  }

  /** The factor; 1 where what is left points away from what was there, or there is nothing. */
  double scale() {
    return zy > 0 && yy > 0 ? zy / yy : 1;
  }

  /** Squared error as a share of ‖z‖². */
  double error(double scale) {
    return zz == 0 ? 0 : Math.max(0, zz - 2 * scale * zy + scale * scale * yy) / zz;
  }

  Repair.Layer of(int layer) {
    return new Repair.Layer(layer, scale(), error(1), error(scale()));
  }
}
