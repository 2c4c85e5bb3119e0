package io.moetool.formats.family;

import java.util.Optional;

/**
 * What lets the tokens of a sequence see each other in one layer. A description, without weights:
 * layers with equal descriptions are computed by the same graph.
 */
public sealed interface TokenMixer
    permits Attention, LatentAttention, RelativeAttention, DeltaNet, Mamba {
  /** Rotation of queries and keys by position; empty where positions are not encoded that way. */
  Optional<Rope> rope();
}
