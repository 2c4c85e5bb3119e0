package io.moetool.runtime.graph;

import io.moetool.formats.family.Mamba;
import io.moetool.formats.family.TensorRole;
import io.moetool.formats.onnx.OnnxGraph;
import java.util.List;

/** A Mamba mixer with its projections. */
final class MambaGraph implements MixerGraph {
  private final OnnxGraph graph;
  private final Mamba mamba;
  private final RecurrentSequences sequences;
  private final CausalConvolution convolution;
  private final SelectiveScan scan;

  MambaGraph(OnnxGraph graph, Mamba mamba, SequenceValues values) {
    this.graph = graph;
    this.mamba = mamba;
    sequences = new RecurrentSequences(graph, values);
    convolution = new CausalConvolution(graph, sequences, mamba.width(), mamba.convolution());
    scan = new SelectiveScan(graph, mamba);
  }

  @Override
  public List<Memory> memories() {
    return List.of(
        convolution.memory(), Memory.ofFixedExtents("recurrent", mamba.width(), mamba.stateSize()));
  }

  @Override
  public Mixed mix(Layers layers, String x, List<String> past) {
    List<String> projected =
        split(
            layers.linear(x, TensorRole.MAMBA_INPUT, mamba.projectionBias()),
            mamba.width(),
            mamba.width());
    CausalConvolution.Result convolved =
        convolution.apply(
            layers,
            projected.getFirst(),
            mamba.convolutionBias(),
            past.isEmpty() ? "" : past.getFirst());
    SelectiveScan.Result scanned =
        scan.apply(
            tokens(layers, convolved.output()),
            layers.weight(TensorRole.RECURRENT_DECAY),
            past.isEmpty() ? sequences.zeros(mamba.width(), mamba.stateSize()) : past.getLast());
    String skipped =
        graph.node("Mul", convolved.output(), layers.weight(TensorRole.MAMBA_SKIP)).output();
    String yielded = rows(graph.node("Add", scanned.output(), skipped).output());
    return new Mixed(
        layers.linear(
            graph.node("Mul", yielded, layers.silu(projected.getLast())).output(),
            TensorRole.RECURRENT_OUTPUT,
            mamba.projectionBias()),
        List.of(convolved.state(), scanned.state()));
  }

  /** What tokens select by what the convolution yields. */
  private SelectiveScan.Tokens tokens(Layers layers, String input) {
    List<String> selected =
        split(
            layers.linear(rows(input), TensorRole.MAMBA_SELECTION, false),
            mamba.stepRank(),
            mamba.stateSize(),
            mamba.stateSize());
    String step =
        graph
            .node(
                "Softplus",
                layers.linear(
                    layers.rootMeanSquare(selected.get(0), TensorRole.MAMBA_STEP_NORM),
                    TensorRole.MAMBA_STEP,
                    true))
            .output();
    return new SelectiveScan.Tokens(
        sequences.withoutPadding(sequences.split(step, mamba.width())),
        input,
        normed(layers, selected.get(1), TensorRole.MAMBA_WRITE_NORM),
        normed(layers, selected.get(2), TensorRole.MAMBA_READ_NORM));
  }

  private String normed(Layers layers, String selected, TensorRole norm) {
    return sequences.split(layers.rootMeanSquare(selected, norm), mamba.stateSize());
  }

  private String rows(String values) {
    return graph.node("Reshape", values, graph.constant(-1, mamba.width())).output();
  }

  private List<String> split(String rows, long... widths) {
    return graph
        .node("Split", rows, graph.constant(widths))
        .with("axis", -1)
        .outputs(widths.length);
  }
}
