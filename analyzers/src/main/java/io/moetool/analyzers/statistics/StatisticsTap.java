package io.moetool.analyzers.statistics;

import io.moetool.kernels.FloatMatrix;
import io.moetool.runtime.run.LayerExperts;
import io.moetool.runtime.run.MoeObservation;
import io.moetool.runtime.run.MoeTap;
import io.moetool.runtime.text.SequenceData;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Sums everything up while a model runs over calibration data. Every sequence is summed by itself,
 * and these sums are added in the order of the sequences: the bits depend neither on threads nor on
 * how sequences are batched.
 */
public final class StatisticsTap implements MoeTap<SequenceSums> {
  /** Experts of a layer whose largest outputs are traced back. */
  private static final int TRACED = 8;

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
  }

  @Override
  public long heldBytes() {
    long experts = model.experts();
    long numbers =
        measured.domains().size() * experts * ExpertStatistic.values().length
            + experts * model.hidden()
            + 5 * experts * experts;
    // One layer grows, and is copied when it is finished.
    return Double.BYTES * (model.moeLayers().size() * numbers + 2 * experts * model.hidden());
  }

  @Override
  public long partialBytes(int tokens) {
    long experts = model.experts();
    long used = Math.min(experts, (long) tokens * model.expertsPerToken());
    return (Double.BYTES + Float.BYTES) * used * model.hidden()
        + Double.BYTES * 4 * experts * experts
        + 16L * tokens * model.expertsPerToken();
  }

  @Override
  public void end(LayerExperts experts) {
    LayerAccumulator accumulator = Objects.requireNonNull(growing.remove(experts.layer()));
    Peaks peaks = accumulator.peaks();
    IntStream.range(0, experts.experts())
        .boxed()
        .filter(expert -> peaks.largest(expert) > 0)
        .sorted(Comparator.comparingDouble(peaks::largest).reversed())
        .limit(TRACED)
        .forEach(expert -> peaks.setInnerChannel(expert, innerChannel(experts, expert, peaks)));
    finished.put(experts.layer(), accumulator.finish());
  }

  /** Channel with the largest activation behind an expert's largest output. */
  private static int innerChannel(LayerExperts experts, int expert, Peaks peaks) {
    try (Arena arena = Arena.ofConfined()) {
      FloatMatrix inner = FloatMatrix.allocate(arena, 1, experts.width());
      experts.activations(
          expert, FloatMatrix.copyOf(arena, peaks.read(expert, experts.scalesInputs())), inner);
      int channel = 0;
      for (int i = 1; i < inner.columns(); i++) {
        if (Math.abs(inner.get(0, i)) > Math.abs(inner.get(0, channel))) {
          channel = i;
        }
      }
      return channel;
    }
  }

  /**
   * What was summed up in a layer that all sequences have passed.
   *
   * @param layer index in the model
   */
  LayerStatistics finished(int layer) {
    return Objects.requireNonNull(finished.get(layer));
  }

  /** Takes over what an earlier run has summed up in a layer. */
  void restore(LayerStatistics layer) {
    finished.put(layer.layer(), layer);
  }

  /** What it runs over. */
  MeasuredData measured() {
    return measured;
  }

  /**
   * What was summed up, once the run is over.
   *
   * @throws IllegalStateException if it is not
   */
  public Statistics statistics() {
    growing.forEach((layer, accumulator) -> {
      if (accumulator.hasSeen(domains.length)) {
        finished.put(layer, accumulator.finish());
      }
    });
    growing.keySet().removeAll(finished.keySet());
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
