package io.moetool.runtime.graph;

import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.Attention;
import io.moetool.formats.family.Rope;
import io.moetool.formats.onnx.OnnxGraph;
import java.util.Locale;
import java.util.OptionalInt;

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

  /** Attention of the layers whose tokens see {@code window} keys, or all where it is empty. */
  SequenceAttention attention(
      OnnxGraph graph, Architecture architecture, SequenceValues sequences, OptionalInt window) {
    Attention attention = architecture.attention();
    Rope rope = architecture.rope();
    return this == FUSED && SequenceAttention.canBeGrouped(attention, rope)
        ? new GroupedAttention(graph, attention, rope, sequences, window)
        : new StandardAttention(graph, attention, rope, sequences, window);
  }
}
