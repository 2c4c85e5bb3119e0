package io.moetool.analyzers.statistics;

import io.moetool.formats.family.Architecture;
import io.moetool.runtime.run.SampleTap;
import io.moetool.runtime.run.SampledExperts;
import io.moetool.runtime.run.SampledTokens;
import io.moetool.runtime.text.SequenceData;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Measures every expert on a sample of the tokens while a model runs: the same tokens and the same
 * bits, whatever the threads.
 */
public final class SampleStatisticsTap implements SampleTap {
  private final SampledTokens sample;
  private final List<LayerSample> layers = new ArrayList<>();

  /**
   * A tap for one run.
   *
   * @param tokens size of the sample, of texts and of sources alike; all tokens if there are fewer
   */
  public SampleStatisticsTap(SequenceData data, int tokens) {
    this.sample = SampledTokens.evenly(data, tokens);
  }

  @Override
  public SampledTokens sample() {
    return sample;
  }

  @Override
  public long heldBytes(Architecture architecture) {
    long experts = architecture.moe().experts();
    return (long) Double.BYTES
        * architecture.moe().layers().size()
        * (2 * experts * architecture.hidden() + 5 * experts * experts);
  }

  @Override
  public long workBytes(Architecture architecture) {
    return LayerSampling.workBytes(
        SampleSizes.of(sample.most(), architecture.moe().experts(), architecture.moe().routing()),
        architecture.moe().experts(),
        architecture.hidden());
  }

  @Override
  public long leastRangeBytes(Architecture architecture) {
    return LayerSampling.leastRangeBytes(architecture.moe().experts(), architecture.hidden());
  }

  @Override
  public void observe(SampledExperts experts) {
    layers.add(LayerSampling.of(experts));
  }

  /**
   * What was measured in a layer that all sequences have passed.
   *
   * @param layer index in the model
   */
  LayerSample finished(int layer) {
    return layers.stream().filter(seen -> seen.layer() == layer).findFirst().orElseThrow();
  }

  /** Takes over what an earlier run has measured in a layer; layers in their order. */
  void restore(LayerSample layer) {
    layers.add(layer);
  }

  /** What was measured once the run is over. */
  public Optional<SampledStatistics> statistics() {
    return layers.isEmpty() ? Optional.empty() : Optional.of(new SampledStatistics(layers));
  }
}
