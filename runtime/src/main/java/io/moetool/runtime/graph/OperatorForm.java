package io.moetool.runtime.graph;

import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.Attention;
import io.moetool.formats.family.Rope;
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

  SequenceAttention attention(
      OnnxGraph graph, Architecture architecture, SequenceValues sequences) {
    Attention attention = architecture.attention();
    Rope rope = architecture.rope();
    return this == FUSED && SequenceAttention.canBeGrouped(attention, rope)
        ? new GroupedAttention(graph, attention, rope, sequences)
        : new StandardAttention(graph, attention, rope, sequences);
  }
}
