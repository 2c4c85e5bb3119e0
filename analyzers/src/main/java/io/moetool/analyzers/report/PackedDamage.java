package io.moetool.analyzers.report;

import io.moetool.analyzers.Analysis;
import io.moetool.analyzers.damage.LayerForecast;
import io.moetool.analyzers.redundancy.LayerRedundancy;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * What layers lose as experts are taken away or merged, at a few numbers of experts.
 *
 * @param removed numbers of experts
 * @param removal packed float32, ‖o - o'‖ / ‖o‖ without so many experts, layer after layer; NaN
 *     where the router cannot do without them
 * @param merging packed float32, the same of groups of experts that yield their mean outputs
 * @param tolerable experts that could go at {@link LayerForecast#TOLERABLE}, by layer
 */
record PackedDamage(
    List<Integer> removed, String removal, String merging, List<Integer> tolerable) {
  private static final int POINTS = 48;

  static Optional<PackedDamage> of(Analysis analysis) {
    if (analysis.damage().isEmpty()) {
      return Optional.empty();
    }
    int last = analysis.model().experts() - 1;
    List<Integer> removed =
        IntStream.rangeClosed(0, POINTS)
            .map(point -> (int) Math.round((double) point * last / POINTS))
            .distinct()
            .boxed()
            .toList();
    return Optional.of(
        new PackedDamage(
            removed,
            packed(
                removed,
                analysis.damage().stream().map(LayerForecast::relativeError).toList(),
                false),
            packed(
                removed,
                analysis.redundancy().layers().stream()
                    .map(LayerRedundancy::mergingCost)
                    .flatMap(Optional::stream)
                    .toList(),
                true),
            analysis.damage().stream().map(layer -> layer.removed().size()).toList()));
  }

  private static String packed(List<Integer> removed, List<List<Double>> curves, boolean squared) {
    return PackedNumbers.float32(
        curves.stream()
            .flatMapToDouble(curve ->
                removed.stream()
                    .mapToDouble(count ->
                        count >= curve.size()
                            ? Double.NaN
                            : squared ? Math.sqrt(curve.get(count)) : curve.get(count)))
            .toArray());
  }
}
