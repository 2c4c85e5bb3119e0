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
      case RelativeAttention attention -> relative(attention, hidden);
      case DeltaNet net -> deltaNet(net, hidden);
      case Mamba mamba -> mamba(mamba, hidden);
    };
  }

  private static List<RoleShape> attention(Attention attention, int hidden) {
    int query = attention.queryWidth();
    int keyValue = attention.keyValueWidth();
    boolean biased = attention.projectionBias();
    List<RoleShape> tensors = new ArrayList<>();
    int projected = attention.outputGate() ? Math.multiplyExact(2, query) : query;
    tensors.add(RoleShape.of(TensorRole.QUERY, projected, hidden).withBias(biased));
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

  private static List<RoleShape> relative(RelativeAttention attention, int hidden) {
    int width = attention.width();
    List<RoleShape> tensors = new ArrayList<>();
    tensors.add(RoleShape.of(TensorRole.QUERY, width, hidden));
    tensors.add(RoleShape.of(TensorRole.KEY, width, hidden));
    tensors.add(RoleShape.of(TensorRole.VALUE, width, hidden));
    tensors.add(RoleShape.of(TensorRole.OUTPUT, hidden, width));
    tensors.add(RoleShape.of(TensorRole.POSITION_BIAS, attention.buckets(), attention.heads()));
    if (attention.readsSource()) {
      tensors.add(RoleShape.of(TensorRole.SOURCE_NORM, hidden));
      tensors.add(RoleShape.of(TensorRole.SOURCE_QUERY, width, hidden));
      tensors.add(RoleShape.of(TensorRole.SOURCE_KEY, width, hidden));
      tensors.add(RoleShape.of(TensorRole.SOURCE_VALUE, width, hidden));
      tensors.add(RoleShape.of(TensorRole.SOURCE_OUTPUT, hidden, width));
    }
    return tensors;
  }

  /** Both layouts of the projections; a family's names say which one is stored. */
  private static List<RoleShape> deltaNet(DeltaNet net, int hidden) {
    int heads = net.valueHeads();
    int values = net.valueWidth();
    return List.of(
        RoleShape.of(TensorRole.DELTA_MIXED, net.convolutionWidth(), hidden),
        RoleShape.of(TensorRole.DELTA_GATE, values, hidden),
        RoleShape.of(TensorRole.DELTA_RATE, heads, hidden),
        RoleShape.of(TensorRole.DELTA_STEP, heads, hidden),
        RoleShape.of(TensorRole.DELTA_BY_HEAD, net.convolutionWidth() + values, hidden),
        RoleShape.of(TensorRole.DELTA_RATES_BY_HEAD, 2L * heads, hidden),
        RoleShape.of(
            TensorRole.RECURRENT_CONVOLUTION, net.convolutionWidth(), 1, net.convolution()),
        RoleShape.of(TensorRole.RECURRENT_DECAY, heads),
        RoleShape.of(TensorRole.DELTA_STEP_BIAS, heads),
        RoleShape.of(TensorRole.RECURRENT_NORM, net.valueDim()),
        RoleShape.of(TensorRole.RECURRENT_OUTPUT, hidden, values));
  }

  private static List<RoleShape> mamba(Mamba mamba, int hidden) {
    int width = mamba.width();
    int rank = mamba.stepRank();
    int size = mamba.stateSize();
    boolean biased = mamba.projectionBias();
    return List.of(
        RoleShape.of(TensorRole.MAMBA_INPUT, 2L * width, hidden).withBias(biased),
        RoleShape.of(TensorRole.RECURRENT_CONVOLUTION, width, 1, mamba.convolution())
            .withBias(mamba.convolutionBias()),
        RoleShape.of(TensorRole.MAMBA_SELECTION, mamba.selectionWidth(), width),
        RoleShape.of(TensorRole.MAMBA_STEP_NORM, rank),
        RoleShape.of(TensorRole.MAMBA_WRITE_NORM, size),
        RoleShape.of(TensorRole.MAMBA_READ_NORM, size),
        RoleShape.of(TensorRole.MAMBA_STEP, width, rank).withBias(true),
        RoleShape.of(TensorRole.RECURRENT_DECAY, width, size),
        RoleShape.of(TensorRole.MAMBA_SKIP, width),
        RoleShape.of(TensorRole.RECURRENT_OUTPUT, hidden, width).withBias(biased));
  }
}
