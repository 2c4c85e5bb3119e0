package io.moetool.formats.family;

import java.util.ArrayList;
import java.util.List;

/** Which tensors a token mixer stores, and their shapes. */
final class MixerTensors {
  private MixerTensors() {}

  static List<RoleShape> of(TokenMixer mixer, int hidden) {
    return switch (mixer) {
      case Attention attention -> attention(attention, hidden);
      case LatentAttention attention -> latent(attention, hidden);
    };
  }

  private static List<RoleShape> attention(Attention attention, int hidden) {
    int query = attention.queryWidth();
    int keyValue = attention.keyValueWidth();
    boolean biased = attention.projectionBias();
    List<RoleShape> tensors = new ArrayList<>();
    tensors.add(RoleShape.of(TensorRole.QUERY, query, hidden).withBias(biased));
    tensors.add(RoleShape.of(TensorRole.KEY, keyValue, hidden).withBias(biased));
    tensors.add(RoleShape.of(TensorRole.VALUE, keyValue, hidden).withBias(biased));
    tensors.add(RoleShape.of(TensorRole.OUTPUT, hidden, query).withBias(attention.outputBias()));
    if (attention.sinks()) {
      tensors.add(RoleShape.of(TensorRole.SINKS, attention.heads()));
    }
    switch (attention.queryKeyNorm()) {
      case NONE, PER_HEAD_WEIGHTLESS -> {
        // nothing is stored
      }
      case PER_HEAD -> {
        tensors.add(RoleShape.of(TensorRole.QUERY_NORM, attention.headDim()));
        tensors.add(RoleShape.of(TensorRole.KEY_NORM, attention.headDim()));
      }
      case WHOLE -> {
        tensors.add(RoleShape.of(TensorRole.QUERY_NORM, query));
        tensors.add(RoleShape.of(TensorRole.KEY_NORM, keyValue));
      }
    }
    return tensors;
  }

  private static List<RoleShape> latent(LatentAttention attention, int hidden) {
    long rank = attention.keyValueRank();
    long up = (long) attention.heads() * (attention.plainWidth() + attention.valueWidth());
    List<RoleShape> tensors = new ArrayList<>();
    if (attention.queryRank().isPresent()) {
      int queryRank = attention.queryRank().getAsInt();
      tensors.add(
          RoleShape.of(TensorRole.QUERY_DOWN, queryRank, hidden).withBias(attention.downBias()));
      tensors.add(RoleShape.of(TensorRole.QUERY_DOWN_NORM, queryRank));
      tensors.add(RoleShape.of(TensorRole.QUERY_UP, attention.queryWidth(), queryRank));
    } else {
      tensors.add(RoleShape.of(TensorRole.QUERY, attention.queryWidth(), hidden));
    }
    tensors.add(
        RoleShape.of(TensorRole.KEY_VALUE_DOWN, rank + attention.rotaryWidth(), hidden)
            .withBias(attention.downBias()));
    tensors.add(RoleShape.of(TensorRole.KEY_VALUE_DOWN_NORM, rank));
    tensors.add(RoleShape.of(TensorRole.KEY_VALUE_UP, up, rank));
    tensors.add(
        RoleShape.of(TensorRole.OUTPUT, hidden, attention.outputWidth())
            .withBias(attention.outputBias()));
    return tensors;
  }
}
