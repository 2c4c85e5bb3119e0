package io.moetool.transforms.plan;

import io.moetool.transforms.SourceModel;
import io.moetool.transforms.TinyCheckpoint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Scores for {@link TinyCheckpoint}. */
public final class TinyEvidence {
  private TinyEvidence() {}

  /** The same scores in both layers, each expert chosen by 100 tokens. */
  public static Evidence of(SourceModel model, double... scores) {
    return of(model.fingerprint(), scores);
  }

  static Evidence of(String fingerprint, double... scores) {
    long[] tokens = new long[scores.length];
    Arrays.fill(tokens, 100);
    List<LayerEvidence> layers = new ArrayList<>();
    for (int layer : TinyCheckpoint.MOE_LAYERS) {
      layers.add(LayerEvidence.ofData(layer, scores, tokens, new double[scores.length]));
    }
    return new Evidence(
        "statistics.safetensors",
        fingerprint,
        "reap",
        OptionalLong.empty(),
        Optional.empty(),
        Optional.of(new Plan.Statistics("sha256:data", 800)),
        layers);
  }
}
