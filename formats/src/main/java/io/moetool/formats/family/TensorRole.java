package io.moetool.formats.family;

import java.util.Locale;

/**
 * What a tensor is for. The constant in lower camel case is its key in a family's data file.
 *
 * <p>Linear weights are {@code [out, in]}; H hidden size, I expert width, D dense width, S width of
 * the shared expert, E experts. Where gate and up projection share a tensor, the gate is the first
 * half of the rows.
 */
public enum TensorRole {
  /** Token embedding, {@code [vocabulary, H]}. */
  EMBEDDING(Group.EMBEDDING),
  /** Norm before the head, {@code [H]}. */
  FINAL_NORM(Group.NORM),
  /** Norm of what an encoder yields, {@code [H]}. */
  ENCODER_NORM(Group.NORM),
  /** Output head, {@code [vocabulary, H]}; absent when tied to the embedding. */
  HEAD(Group.HEAD),
  /** Norm before attention, {@code [H]}. */
  ATTENTION_NORM(Group.NORM),
  /**
   * Query projection, {@code [heads * headDim, H]}; with an output gate {@code [heads * 2 headDim,
   * H]}, where each head's query is followed by its gate. Latent attention may have two instead.
   */
  QUERY(Group.ATTENTION),
  /** Key projection, {@code [keyValueHeads * headDim, H]}. */
  KEY(Group.ATTENTION),
  /** Value projection, {@code [keyValueHeads * headDim, H]}. */
  VALUE(Group.ATTENTION),
  /** Attention output projection, {@code [H, heads * headDim]}. */
  OUTPUT(Group.ATTENTION),
  /** Norm of queries, {@code [headDim]} or {@code [heads * headDim]}. */
  QUERY_NORM(Group.ATTENTION),
  /** Norm of keys, {@code [headDim]} or {@code [keyValueHeads * headDim]}. */
  KEY_NORM(Group.ATTENTION),
  /** Logit of every head that takes a share of the softmax, {@code [heads]}. */
  SINKS(Group.ATTENTION),
  /**
   * What is added to the products of queries and keys by how far they stand apart, {@code [buckets,
   * heads]}; one for all layers of an encoder, and of a decoder.
   */
  POSITION_BIAS(Group.ATTENTION),
  /** Norm before attention to the source, {@code [H]}. */
  SOURCE_NORM(Group.NORM),
  /** Query projection of attention to the source, {@code [heads * headDim, H]}. */
  SOURCE_QUERY(Group.ATTENTION),
  /** Key projection of attention to the source, {@code [heads * headDim, H]}. */
  SOURCE_KEY(Group.ATTENTION),
  /** Value projection of attention to the source, {@code [heads * headDim, H]}. */
  SOURCE_VALUE(Group.ATTENTION),
  /** Output projection of attention to the source, {@code [H, heads * headDim]}. */
  SOURCE_OUTPUT(Group.ATTENTION),
  /** Projection to what queries are made of, {@code [queryRank, H]}. */
  QUERY_DOWN(Group.ATTENTION),
  /** Norm of what queries are made of, {@code [queryRank]}. */
  QUERY_DOWN_NORM(Group.ATTENTION),
  /** Projection of it to queries, {@code [heads * keyWidth, queryRank]}. */
  QUERY_UP(Group.ATTENTION),
  /**
   * Projection to what keys and values are made of, and to the rotated part of keys that all heads
   * share, {@code [keyValueRank + rotaryWidth, H]}.
   */
  KEY_VALUE_DOWN(Group.ATTENTION),
  /** Norm of what keys and values are made of, {@code [keyValueRank]}. */
  KEY_VALUE_DOWN_NORM(Group.ATTENTION),
  /**
   * Projection of it to the part of keys that is not rotated and to values, head by head, {@code
   * [heads * (plainWidth + valueWidth), keyValueRank]}.
   */
  KEY_VALUE_UP(Group.ATTENTION),
  /** Weights of a recurrent mixer's convolution, {@code [channels, 1, width]}. */
  RECURRENT_CONVOLUTION(Group.RECURRENCE),
  /**
   * Logarithm of how fast a recurrent state decays, {@code [valueHeads]} of a delta net, {@code
   * [width, stateSize]} of a Mamba mixer.
   */
  RECURRENT_DECAY(Group.RECURRENCE),
  /** Norm of what a recurrence yields, {@code [valueDim]}. */
  RECURRENT_NORM(Group.RECURRENCE),
  /** Output projection of a recurrent mixer, {@code [H, width]}. */
  RECURRENT_OUTPUT(Group.RECURRENCE),
  /**
   * Projections to a delta net's queries, keys and values, {@code [2 keyWidth + valueWidth, H]}.
   */
  DELTA_MIXED(Group.RECURRENCE),
  /** Projection to a delta net's output gates, {@code [valueWidth, H]}. */
  DELTA_GATE(Group.RECURRENCE),
  /** Projection to a delta net's rates of correction, {@code [valueHeads, H]}. */
  DELTA_RATE(Group.RECURRENCE),
  /** Projection to a delta net's decays, {@code [valueHeads, H]}. */
  DELTA_STEP(Group.RECURRENCE),
  /** What is added to the projected decays of a delta net, {@code [valueHeads]}. */
  DELTA_STEP_BIAS(Group.RECURRENCE),
  /**
   * All wide projections of a delta net, {@code [2 keyWidth + 2 valueWidth, H]}: one key head after
   * the other, each with its query, its key, the values and then the gates of its value heads.
   */
  DELTA_BY_HEAD(Group.RECURRENCE),
  /**
   * Rates and decays of a delta net, {@code [2 valueHeads, H]}: one key head after the other, each
   * with the rates and then the decays of its value heads.
   */
  DELTA_RATES_BY_HEAD(Group.RECURRENCE),
  /** Projections to what a Mamba mixer convolves and to its gates, {@code [2 width, H]}. */
  MAMBA_INPUT(Group.RECURRENCE),
  /**
   * Projections to a Mamba mixer's steps, to what it writes by and reads by (B and C), {@code
   * [stepRank + 2 stateSize, width]}.
   */
  MAMBA_SELECTION(Group.RECURRENCE),
  /** Norm of a Mamba mixer's steps, {@code [stepRank]}. */
  MAMBA_STEP_NORM(Group.RECURRENCE),
  /** Norm of what a Mamba mixer writes by, {@code [stateSize]}. */
  MAMBA_WRITE_NORM(Group.RECURRENCE),
  /** Norm of what a Mamba mixer reads by, {@code [stateSize]}. */
  MAMBA_READ_NORM(Group.RECURRENCE),
  /** Projection of steps to all channels of a Mamba mixer, {@code [width, stepRank]}. */
  MAMBA_STEP(Group.RECURRENCE),
  /** What a Mamba mixer passes on of its input as it is, {@code [width]}. */
  MAMBA_SKIP(Group.RECURRENCE),
  /** Norm before the feed-forward block, {@code [H]}. */
  FEED_FORWARD_NORM(Group.NORM),
  /** Router, {@code [E, H]}. */
  ROUTER(Group.ROUTER),
  /** What is added to the router's scores for choosing, {@code [E]} or {@code [1, E]}. */
  SELECTION_BIAS(Group.ROUTER),
  /** Gate projection of one expert, {@code [I, H]}. */
  EXPERT_GATE(Group.ROUTED_EXPERTS),
  /** Up projection of one expert, {@code [I, H]}. */
  EXPERT_UP(Group.ROUTED_EXPERTS),
  /** Down projection of one expert, {@code [H, I]}. */
  EXPERT_DOWN(Group.ROUTED_EXPERTS),
  /** Gate and up projections of all experts, {@code [E, 2I, H]}. */
  EXPERTS_GATE_UP(Group.ROUTED_EXPERTS),
  /** Down projections of all experts, {@code [E, H, I]}. */
  EXPERTS_DOWN(Group.ROUTED_EXPERTS),
  /** Gate projection of the shared expert, {@code [S, H]}. */
  SHARED_GATE(Group.SHARED_EXPERTS),
  /** Up projection of the shared expert, {@code [S, H]}. */
  SHARED_UP(Group.SHARED_EXPERTS),
  /** Gate and up projection of the shared expert, {@code [2S, H]}. */
  SHARED_GATE_UP(Group.SHARED_EXPERTS),
  /** Down projection of the shared expert, {@code [H, S]}. */
  SHARED_DOWN(Group.SHARED_EXPERTS),
  /** Gate on the whole shared expert, {@code [1, H]}. */
  SHARED_ROUTER(Group.SHARED_EXPERTS),
  /** Gate projection of a dense layer, {@code [D, H]}. */
  DENSE_GATE(Group.DENSE),
  /** Up projection of a dense layer, {@code [D, H]}. */
  DENSE_UP(Group.DENSE),
  /** Down projection of a dense layer, {@code [H, D]}. */
  DENSE_DOWN(Group.DENSE);

  /** Where the bytes of a role are counted when sizes are reported. */
  public enum Group {
    ROUTED_EXPERTS("routedExperts"),
    SHARED_EXPERTS("sharedExperts"),
    ROUTER("router"),
    ATTENTION("attention"),
    RECURRENCE("recurrence"),
    DENSE("denseFeedForward"),
    NORM("norms"),
    EMBEDDING("embedding"),
    HEAD("head"),
    OTHER("other");

    private final String key;

    Group(String key) {
      this.key = key;
    }

    /** Name in JSON. */
    public String key() {
      return key;
    }
  }

  private final Group group;

  TensorRole(Group group) {
    this.group = group;
  }

  /** The role's share in a model's size. */
  public Group group() {
    return group;
  }

  /**
   * Whether one tensor of this role holds all experts of a layer, one slice of the outermost axis
   * each.
   */
  public boolean isOfAllExperts() {
    return this == EXPERTS_GATE_UP || this == EXPERTS_DOWN;
  }

  /** Whether each expert of a layer has a tensor of this role. */
  public boolean isOfOneExpert() {
    return group == Group.ROUTED_EXPERTS && !isOfAllExperts();
  }

  /** Whether an axis of the tensor counts experts, so that it loses a part with each of them. */
  public boolean isIndexedByExpert() {
    return group == Group.ROUTER || isOfAllExperts();
  }

  /** Key in a family's data file. */
  public String key() {
    StringBuilder key = new StringBuilder();
    for (String word : name().toLowerCase(Locale.ROOT).split("_", -1)) {
      key.append(key.isEmpty() ? word : Character.toUpperCase(word.charAt(0)) + word.substring(1));
    }
    return key.toString();
  }
}
