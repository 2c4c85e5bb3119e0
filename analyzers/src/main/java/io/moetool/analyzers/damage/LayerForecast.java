package io.moetool.analyzers.damage;

import io.moetool.analyzers.reconstruction.LossCurve;
import io.moetool.analyzers.statistics.LayerSample;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * What one layer loses as experts are taken away and tokens choose again among the others, measured
 * on a sample of tokens. Components are the keys of {@code damage} in {@code analysis.json}.
 *
 * @param layer index in the model
 * @param tokens tokens that it was measured on
 * @param search {@code all sets} if every set of experts was tried, {@code greedy} if the expert
 *     that is missed least went first, again and again
 * @param relativeError ‖o - o'‖ / ‖o‖ by number of experts taken away, from none on, o what the
 *     routed experts add
 * @param removed the experts that were taken away; of all sets only the largest for which the error
 *     stays below {@link #TOLERABLE}
 */
public record LayerForecast(
    int layer, long tokens, String search, List<Double> relativeError, List<Integer> removed) {
  /** An error that a model may well survive: a tenth of what the layer's experts add. */
  public static final double TOLERABLE = 0.1;

  public LayerForecast {
    relativeError = List.copyOf(relativeError);
    removed = List.copyOf(removed);
  }

  /** The forecast of a layer; nothing if samples of several passes were added. */
  public static Optional<LayerForecast> of(LayerSample sample) {
    return sample
        .lossCurve()
        .map(curve ->
            new LayerForecast(
                sample.layer(),
                sample.extent().setTokens() > 0
                    ? sample.extent().setTokens()
                    : sample.extent().lossTokens(),
                sample.extent().setTokens() > 0 ? "all sets" : "greedy",
                IntStream.rangeClosed(0, curve.mostRemoved())
                    .mapToObj(curve::relativeError)
                    .toList(),
                List.copyOf(curve.removed(tolerable(curve)))));
  }

  /** The largest number of experts that can go with a tolerable error. */
  public static int tolerable(LossCurve curve) {
    int count = 0;
    while (count < curve.mostRemoved() && curve.relativeError(count + 1) <= TOLERABLE) {
      count++;
    }
    return count;
  }
}
