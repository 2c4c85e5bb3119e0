package io.moetool.runtime.run;

/**
 * Watches what every expert would do with some of the tokens, chosen or not. {@link #observe} is
 * called once for every layer with experts, in their order, while the layer's weights are at hand:
 * before the hidden states go on to the next layer, after every {@link MoeTap} has seen this one.
 */
public interface SampleTap {
  /** The tokens; asked once, before the run. */
  TokenSample sample();

  /** Looks at one layer. The experts are only to be used during the call. */
  void observe(SampledExperts experts);
}
