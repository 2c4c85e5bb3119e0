package io.moetool.kernels;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;

/** What a router made of a batch, as plain arrays. */
final class Routed {
  final List<int[]> selected = new ArrayList<>();
  final List<float[]> weights = new ArrayList<>();
  final List<float[]> scores = new ArrayList<>();

  static Routed by(ExactRouter router, float[]... logits) {
    int k = router.spec().expertsPerToken();
    IntMatrix selected = IntMatrix.allocate(Arena.ofAuto(), logits.length, k);
    FloatMatrix weights = Rows.zeros(logits.length, k);
    FloatMatrix scores = Rows.zeros(logits.length, router.experts());
    router.route(Rows.matrix(logits), selected, weights, scores);
    Routed routed = new Routed();
    for (int row = 0; row < logits.length; row++) {
      routed.selected.add(selected.rowToArray(row));
      routed.weights.add(weights.rowToArray(row));
      routed.scores.add(scores.rowToArray(row));
    }
    return routed;
  }
}
