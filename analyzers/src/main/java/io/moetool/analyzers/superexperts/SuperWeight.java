package io.moetool.analyzers.superexperts;

import io.moetool.analyzers.statistics.LayerStatistics;
import io.moetool.analyzers.statistics.MatrixStatistic;
import io.moetool.analyzers.statistics.SumMatrix;
import java.util.Optional;

/**
 * The entry of a super expert's last projection that its largest output comes from (arXiv
 * 2411.07191, for experts arXiv 2507.23279).
 *
 * @param layer index in the model
 * @param expert index in the layer
 * @param row channel of the hidden state with the largest output
 * @param column channel between the projections whose activation is largest then
 * @param output that output, with its sign
 * @param position of the token in its sequence, from 0
 */
public record SuperWeight(int layer, int expert, int row, int column, double output, int position) {

  /** The entry of an expert; nothing if its largest output was not traced back. */
  public static Optional<SuperWeight> of(LayerStatistics layer, int expert) {
    SumMatrix peaks = layer.matrix(MatrixStatistic.PEAKS);
    return peaks.get(expert, 3) < 0
        ? Optional.empty()
        : Optional.of(
            new SuperWeight(
                layer.layer(),
                expert,
                (int) peaks.get(expert, 2),
                (int) peaks.get(expert, 3),
                peaks.get(expert, 0),
                (int) peaks.get(expert, 1)));
  }
}
