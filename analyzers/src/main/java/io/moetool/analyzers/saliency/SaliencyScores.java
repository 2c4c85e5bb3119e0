package io.moetool.analyzers.saliency;

import io.moetool.analyzers.statistics.Statistics;
import io.moetool.formats.BadInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The scores that one method gives to all experts of a model. All are finite. */
public final class SaliencyScores {
  private final Map<Integer, double[]> byLayer;

  private SaliencyScores(Map<Integer, double[]> byLayer) {
    this.byLayer = byLayer;
  }

  /**
   * Scores a model.
   *
   * @throws BadInputException if what the method needs was not measured, or a score is no finite
   *     number
   */
  public static SaliencyScores of(SaliencyMethod method, Statistics statistics) {
    Map<Integer, double[]> byLayer = new TreeMap<>();
    for (LayerMeasurements layer : LayerMeasurements.of(statistics)) {
      byLayer.put(layer.layer(), score(method, layer));
    }
    return new SaliencyScores(byLayer);
  }

  /** Layers with experts, ascending. */
  public List<Integer> layers() {
    return new ArrayList<>(byLayer.keySet());
  }

  /** A copy of a layer's scores, {@code [E]}. */
  public double[] layer(int layer) {
    double[] scores = byLayer.get(layer);
    if (scores == null) {
      throw new IllegalArgumentException("layer " + layer + " has no experts");
    }
    return scores.clone();
  }

  private static double[] score(SaliencyMethod method, LayerMeasurements layer) {
    double[] scores = method.score(layer);
    for (int expert = 0; expert < scores.length; expert++) {
      if (!Double.isFinite(scores[expert])) {
        throw new BadInputException(
            "method %s, layer %d, expert %d".formatted(method.name(), layer.layer(), expert),
            "the score is " + scores[expert],
            "look for values in this expert's weights that are far too large, or choose another method");
      }
    }
    return scores;
  }
}
