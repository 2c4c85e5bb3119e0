package io.moetool.analyzers.reconstruction;

import io.moetool.formats.family.RouterSpec;
import io.moetool.kernels.ExactRouter;
import io.moetool.kernels.FloatMatrix;
import io.moetool.kernels.RowNorms;
import java.lang.foreign.Arena;

/** Four experts, three tokens that choose {0,1}, {1,2} and {2,0}, hidden size 2. */
final class ToyLayer {
  private static final float[][] LOGITS = {{2, 1, 0, -1}, {0, 2, 1, -1}, {1, 0, 2, -1}};

  /** By expert and token. */
  private static final float[][][] OUTPUTS = {
    {{3, 4}, {0, 1}, {2, 0}},
    {{5, 12}, {1, 0}, {0, 2}},
    {{1, 1}, {8, 6}, {0, 5}},
    {{9, 9}, {9, 9}, {9, 9}}
  };

  private ToyLayer() {}

  static Rerouting routed(Arena arena, RouterSpec router) {
    OutputProducts products = new OutputProducts(arena, 3, 4);
    for (int token = 0; token < 3; token++) {
      for (int i = 0; i < 4; i++) {
        for (int j = 0; j < 4; j++) {
          FloatMatrix both = FloatMatrix.copyOf(arena, OUTPUTS[i][token], OUTPUTS[j][token]);
          products.set(token, i, j, RowNorms.dot(both.row(0), both.row(1)));
        }
      }
    }
    return new Rerouting(
        ExactRouter.of(router, 4), FloatMatrix.copyOf(arena, LOGITS), products, false);
  }
}
