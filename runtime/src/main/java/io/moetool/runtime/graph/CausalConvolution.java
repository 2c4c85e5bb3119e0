package io.moetool.runtime.graph;

import io.moetool.formats.family.TensorRole;
import io.moetool.formats.onnx.OnnxGraph;

/**
 * A convolution of each channel with the tokens before it, followed by SiLU: {@code y_t =
 * silu(sum_j w_j x_(t - width + 1 + j) + bias)}, zeros before the start. A sequence remembers its
 * last {@code width - 1} inputs.
 */
final class CausalConvolution {
  private final OnnxGraph graph;
  private final RecurrentSequences sequences;
  private final int channels;
  private final int width;

  CausalConvolution(OnnxGraph graph, RecurrentSequences sequences, int channels, int width) {
    this.graph = graph;
    this.sequences = sequences;
    this.channels = channels;
    this.width = width;
  }

  /**
   * What the convolution yields.
   *
   * @param output {@code [batch, sequence, channels]}
   * @param state last inputs, {@code [batch, width - 1, channels]}
   */
  record Result(String output, String state) {}

  /** What a sequence remembers. */
  MixerGraph.Memory memory() {
    return MixerGraph.Memory.ofFixedExtents("conv", width - 1, channels);
  }

  /**
   * Convolves.
   *
   * @param layers the layer's weights
   * @param rows {@code [rows, channels]}
   * @param past as {@link Result#state()}, or empty at the start of all sequences
   */
  Result apply(Layers layers, String rows, boolean bias, String past) {
    String x = sequences.split(rows, channels);
    String reached = past.isEmpty() ? padded(x) : concat(past, x);
    String kernel =
        graph
            .node(
                "Reshape",
                layers.weight(TensorRole.RECURRENT_CONVOLUTION),
                graph.constant(channels, width))
            .output();
    String sum = "";
    for (int tap = 0; tap < width; tap++) {
      String seen = shifted(reached, tap);
      String factor = graph.node("Gather", kernel, graph.scalar(tap)).with("axis", 1).output();
      String term = graph.node("Mul", seen, factor).output();
      sum = sum.isEmpty() ? term : graph.node("Add", sum, term).output();
    }
    if (bias) {
      sum = graph.node("Add", sum, layers.bias(TensorRole.RECURRENT_CONVOLUTION)).output();
    }
    return new Result(layers.silu(sum), sequences.lastTokens(reached, width - 1));
  }

  /** As many zeros before the sequence as the convolution reaches back. */
  private String padded(String x) {
    return graph.node("Pad", x, graph.constant(0, width - 1, 0, 0, 0, 0)).output();
  }

  private String concat(String past, String x) {
    return graph.node("Concat", past, x).with("axis", 1).output();
  }

  /** {@code [batch, sequence, channels]}: what lies {@code width - 1 - tap} tokens back. */
  private String shifted(String reached, int tap) {
    long end = tap == width - 1 ? Long.MAX_VALUE : tap - (width - 1);
    return graph
        .node("Slice", reached, graph.constant(tap), graph.constant(end), graph.constant(1))
        .output();
  }
}
