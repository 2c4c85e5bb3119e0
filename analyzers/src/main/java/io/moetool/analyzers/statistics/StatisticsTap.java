package io.moetool.analyzers.statistics;

import io.moetool.runtime.run.MoeObservation;
import io.moetool.runtime.run.MoeTap;
import io.moetool.runtime.text.SequenceData;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Sums everything up while a model runs over calibration data. Every sequence is summed by itself,
 * and these sums are added in the order of the sequences: the bits depend neither on threads nor on
 * how sequences are batched.
 */
public final class StatisticsTap implements MoeTap<SequenceSums> {
  private final MeasuredModel model;
  private final MeasuredData measured;
  private final int[] domains;
  private final Map<Integer, LayerAccumulator> growing = new TreeMap<>();
  private final Map<Integer, LayerStatistics> finished = new TreeMap<>();

  /**
   * A tap for one run.
   *
   * @param model the model that will run
   * @param data what it will run over
   */
  public StatisticsTap(MeasuredModel model, SequenceData data) {
    this.model = model;
    this.measured = MeasuredData.of(data);
    List<String> names = measured.domainNames();
    this.domains = data.sequences().stream().mapToInt(s -> names.indexOf(s.domain())).toArray();
  }

  @Override
  public SequenceSums observe(MoeObservation observation) {
    return SequenceSums.of(observation);
  }

  @Override
  public void add(int layer, int sequence, SequenceSums partial) {
    LayerAccumulator accumulator =
        growing.computeIfAbsent(
            layer, l -> new LayerAccumulator(model, l, measured.domains().size()));
    accumulator.add(sequence, domains[sequence], partial);
    if (sequence == domains.length - 1) {
      growing.remove(layer);
      finished.put(layer, accumulator.finish());
    }
  }

  /**
   * What was summed up, once the run is over.
   *
   * @throws IllegalStateException if it is not
   */
  public Statistics statistics() {
    List<Integer> layers = new ArrayList<>(finished.keySet());
    if (!layers.equals(model.moeLayers())) {
      throw new IllegalStateException(
          "layers %s have been seen whole, the model has experts in %s"
              .formatted(layers, model.moeLayers()));
    }
    return new Statistics(
        model,
        Optional.of(new RoutedStatistics(measured, List.copyOf(finished.values()))),
        Optional.empty(),
        Optional.empty());
  }
}
