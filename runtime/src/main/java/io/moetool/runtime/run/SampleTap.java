package io.moetool.runtime.run;

import io.moetool.formats.family.Architecture;

/**
 * Watches what every expert would do with some of the tokens, chosen or not. {@link #observe} is
 * called once for every layer with experts, in their order, while the layer's weights are at hand:
 * before the hidden states go on to the next layer, after every {@link MoeTap} has seen this one.
 */
public interface SampleTap {
  /** The tokens; asked once, before the run. */
  SampledTokens sample();

  /** What it holds on the heap once all layers have been seen; at most. */
  default long heldBytes(Architecture architecture) {
    return 0;
  }

  /** What it takes while it looks at a layer, beside outputs of a range; at most. */
  default long workBytes(Architecture architecture) {
    return 0;
  }

  /** What the outputs of all experts take for the shortest range that it asks for. */
  default long leastRangeBytes(Architecture architecture) {
    return 0;
  }

  /** Looks at one layer. The experts are only to be used during the call. */
  void observe(SampledExperts experts);
}
