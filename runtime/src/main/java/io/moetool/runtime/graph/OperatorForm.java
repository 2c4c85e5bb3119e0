package io.moetool.runtime.graph;

import io.moetool.formats.family.Attention;
import io.moetool.formats.family.DeltaNet;
import io.moetool.formats.family.LatentAttention;
import io.moetool.formats.family.Mamba;
import io.moetool.formats.family.RelativeAttention;
import io.moetool.formats.family.TokenMixer;
import io.moetool.formats.onnx.OnnxGraph;
import java.util.Locale;

/** Which operators a graph is made of. Both forms compute the same. */
public enum OperatorForm {
  /** ONNX Runtime's fused operators wherever they compute the model exactly. */
  FUSED,
  /** Operators of the ONNX standard alone. */
  STANDARD;

  /** Name on the command line. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Nodes of a token mixer. */
  MixerGraph mixer(OnnxGraph graph, TokenMixer mixer, SequenceValues sequences) {
    return switch (mixer) {
      case Attention attention ->
          new AttentionGraph(graph, attention, sequences, attention(graph, attention, sequences));
      case LatentAttention attention -> new LatentAttentionGraph(graph, attention, sequences);
      case RelativeAttention attention -> new RelativeAttentionGraph(graph, attention);
      case DeltaNet net -> new DeltaNetGraph(graph, net, sequences, deltaRule(graph, net));
      case Mamba mamba -> new MambaGraph(graph, mamba, sequences);
    };
  }

  private DeltaRule deltaRule(OnnxGraph graph, DeltaNet net) {
    return switch (this) {
      case FUSED -> new FusedDeltaRule(graph, net);
      case STANDARD -> new ScannedDeltaRule(graph, net);
    };
  }

  private SequenceAttention attention(
      OnnxGraph graph, Attention attention, SequenceValues sequences) {
    return this == FUSED && GroupedAttention.takes(attention)
        ? new GroupedAttention(graph, attention, sequences)
        : new StandardAttention(graph, attention, sequences);
  }
}
