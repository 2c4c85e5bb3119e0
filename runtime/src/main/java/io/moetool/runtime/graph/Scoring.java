package io.moetool.runtime.graph;

import io.moetool.formats.onnx.OnnxGraph;
import io.moetool.formats.onnx.OnnxType;
import java.util.Collections;
import java.util.Map;

/**
 * Graphs that turn logits into losses, so that a vocabulary-wide softmax never reaches Java code.
 */
public final class Scoring {
  /**
   * Logits of a sequence, all leading extents together {@code rows}; the last row predicts nothing.
   */
  public static final String LOGITS = "logits";

  /** Logits of a second model for the same tokens. */
  public static final String OTHER_LOGITS = "otherLogits";

  /** Tokens that follow each position but the last, int64 {@code [rows - 1, 1]}. */
  public static final String TARGETS = "targets";

  /** Result: one float32 row a predicted token. */
  public static final String SCORES = "scores";

  private Scoring() {}

  /**
   * Loss per predicted token: {@code scores [rows - 1, 1]}, in nats.
   *
   * @param rank number of extents of the logits
   */
  public static byte[] loss(int rank, int vocabulary) {
    OnnxGraph graph = new OnnxGraph("loss");
    String logProbabilities = logProbabilities(graph, LOGITS, rank, vocabulary);
    graph.output(
        loss(graph, logProbabilities, graph.input(TARGETS, OnnxType.INT64, "predicted", 1)),
        SCORES,
        OnnxType.FLOAT,
        "predicted",
        1);
    return graph.toModel("moetool", "", Map.of());
  }

  /**
   * Two models on the same tokens: {@code scores [rows - 1, 4]} with the losses of both, the KL
   * divergence of the second from the first, and 1 where both find the same token most likely.
   */
  public static byte[] comparison(int rank, int otherRank, int vocabulary) {
    OnnxGraph graph = new OnnxGraph("comparison");
    String base = logProbabilities(graph, LOGITS, rank, vocabulary);
    String other = logProbabilities(graph, OTHER_LOGITS, otherRank, vocabulary);
    String targets = graph.input(TARGETS, OnnxType.INT64, "predicted", 1);
    String divergence =
        graph
            .node(
                "ReduceSum",
                graph
                    .node(
                        "Mul",
                        graph.node("Exp", base).output(),
                        graph.node("Sub", base, other).output())
                    .output(),
                graph.constant(-1))
            .with("keepdims", 1)
            .output();
    String agree =
        graph
            .node(
                "Cast",
                graph.node("Equal", mostLikely(graph, base), mostLikely(graph, other)).output())
            .with("to", OnnxType.FLOAT.number())
            .output();
    String scores =
        graph
            .node(
                "Concat",
                loss(graph, base, targets),
                loss(graph, other, targets),
                divergence,
                agree)
            .with("axis", 1)
            .output();
    graph.output(scores, SCORES, OnnxType.FLOAT, "predicted", 4);
    return graph.toModel("moetool", "", Map.of());
  }

  private static String logProbabilities(OnnxGraph graph, String name, int rank, int vocabulary) {
    Object[] dims = Collections.nCopies(rank, "").toArray();
    for (int axis = 0; axis < rank - 1; axis++) {
      dims[axis] = name + axis;
    }
    dims[rank - 1] = vocabulary;
    String logits = graph.input(name, OnnxType.FLOAT, dims);
    String rows = graph.node("Reshape", logits, graph.constant(-1, vocabulary)).output();
    String predicting =
        graph
            .node("Slice", rows, graph.constant(0), graph.constant(-1), graph.constant(0))
            .output();
    return graph.node("LogSoftmax", predicting).with("axis", -1).output();
  }

  private static String loss(OnnxGraph graph, String logProbabilities, String targets) {
    return graph
        .node(
            "Neg", graph.node("GatherElements", logProbabilities, targets).with("axis", 1).output())
        .output();
  }

  private static String mostLikely(OnnxGraph graph, String logProbabilities) {
    return graph.node("ArgMax", logProbabilities).with("axis", -1).with("keepdims", 1).output();
  }
}
