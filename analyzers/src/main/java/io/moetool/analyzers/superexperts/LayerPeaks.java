package io.moetool.analyzers.superexperts;

import io.moetool.analyzers.statistics.LayerStatistics;
import io.moetool.analyzers.statistics.MatrixStatistic;
import io.moetool.analyzers.statistics.SumMatrix;
import java.util.Optional;

/**
 * Largest values of one layer and where they were seen. Components are the keys of {@code
 * massiveActivations} in {@code analysis.json}.
 *
 * @param layer index in the model
 * @param value the hidden state's largest component after the block, with its sign
 * @param position of the token in its sequence, from 0: where it is the same in many layers, that
 *     token is an attention sink
 * @param channel of the hidden state
 * @param median of the absolute components of that token's hidden state
 * @param sharedExpert largest absolute output of the shared expert before its gate; empty where no
 *     shared expert was seen
 */
public record LayerPeaks(
    int layer,
    double value,
    int position,
    int channel,
    double median,
    Optional<Double> sharedExpert) {

  /** Looks the values up. */
  public static LayerPeaks of(LayerStatistics layer) {
    SumMatrix peaks = layer.matrix(MatrixStatistic.PEAKS);
    int shared = layer.experts();
    int hidden = shared + 1;
    return new LayerPeaks(
        layer.layer(),
        peaks.get(hidden, 0),
        (int) peaks.get(hidden, 1),
        (int) peaks.get(hidden, 2),
        peaks.get(hidden, 3),
        peaks.get(shared, 1) < 0 ? Optional.empty() : Optional.of(Math.abs(peaks.get(shared, 0))));
  }
}
